"""The child process that trains: reads a specification, runs a recipe, says events as lines of JSON.

Owns torch's whole life: memory and device are free again when it ends. Refuses to outlive the trainer, and to
let a library's prints disturb the events.
"""

import contextlib
import ctypes
import json
import logging
import math
import os
import signal
import sys
import traceback
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any, NoReturn, TextIO

from perenne import __version__
from perenne.kit.errors import PerenneError
from perenne.recipes import RECIPES, Recipe, TrainedModel, TrainingItem, TrainingTask
from perenne.trainer.cache import ImageCache
from perenne.trainer.errors import UnexpectedFailure
from perenne.trainer.process import CANCELLED, FAILED, TRAINED

PR_SET_PDEATHSIG = 1


class EventReporter:
    """Says what the recipe reports, one line of JSON each; asks to stop once SIGTERM has arrived."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self.kept: Path | None = None
        """Where points are written down too, for a trainer that is killed before the hub has heard them."""
        self.stopping = False

    def report(self, *, step: int, fraction: float, eta_s: float | None, values: Mapping[str, float]) -> None:
        """Publish live values; numbers that JSON cannot hold are left out."""
        kept = {str(name): float(value) for name, value in values.items() if math.isfinite(float(value))}
        eta = float(eta_s) if eta_s is not None and math.isfinite(eta_s) else None
        point = {"step": int(step), "fraction": float(fraction), "eta_s": eta, "values": kept}
        if self.kept is not None:
            with self.kept.open("a", encoding="utf-8") as stream:
                stream.write(json.dumps(point) + "\n")
        self.say("point", **point)

    def log(self, level: str, text: str) -> None:
        """Publish one line of text."""
        self.say("log", level=level, text=text)

    def should_stop(self) -> bool:
        """Return True when the trainer asked for it."""
        return self.stopping

    def say(self, event: str, **fields: Any) -> None:
        """Write one event."""
        self._stream.write(json.dumps({"event": event, **fields}) + "\n")
        self._stream.flush()


def main(arguments: list[str]) -> int:
    """Train what the specification in `arguments` describes; return the exit status."""
    die_with_parent()
    reporter = EventReporter(_take_over_stdout())
    signal.signal(signal.SIGTERM, lambda *_: setattr(reporter, "stopping", True))
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    spec = json.loads(Path(arguments[0]).read_text(encoding="utf-8"))
    try:
        artefact = train(spec, reporter)
    except PerenneError as error:
        if reporter.stopping:
            return CANCELLED
        reporter.say("failed", problem=error.to_problem())
        return FAILED
    except MemoryError:
        reporter.say("failed", problem=_out_of_memory(spec).to_problem())
        return FAILED
    except Exception as error:
        traceback.print_exc()
        reporter.say("failed", problem=_unexpected(error).to_problem())
        return FAILED
    if artefact is not None:
        reporter.say("trained", artefact=str(artefact))
    return TRAINED


def train(spec: Mapping[str, Any], reporter: EventReporter) -> Path | None:
    """Return the artefact of the trained model; None in a process that only helps (torchrun, rank > 0)."""
    for module in spec["load"]:
        import_module(module)
    recipe = RECIPES.get(spec["recipe"])
    reporter.kept = Path(spec["points"])
    task = build_task(spec)
    model = recipe.train(task, reporter)
    if int(os.environ.get("RANK", "0")) > 0:
        return None
    reporter.log("info", "Writing and checking the artefact")
    return package(spec, recipe, model)


def leave(status: int) -> NoReturn:
    """End this process at once with `status`, everything written.

    Threads of torch's process groups may free a Python object while the interpreter ends, which takes the
    process down ("terminate called without an active exception") after its work is done.
    """
    logging.shutdown()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)


def build_task(spec: Mapping[str, Any]) -> TrainingTask:
    """Return the task that the specification describes; its images are already on this machine."""
    cache = ImageCache(Path(spec["cache"]))
    with Path(spec["manifest"]).open(encoding="utf-8") as stream:
        header = json.loads(next(stream))
        items = [_item(json.loads(row), cache) for row in stream]
    return TrainingTask(
        problem=header["problem"],
        classes=list(header["classes"]),
        items=items,
        workdir=Path(spec["workdir"]),
        config=spec["config"],
        base_artefact=Path(spec["base_artefact"]) if spec["base_artefact"] else None,
        seed=spec["seed"],
        device=spec["device"],
    )


def package(spec: Mapping[str, Any], recipe: Recipe, model: TrainedModel) -> Path:
    """Return the path of the artefact: what the recipe made, and where it came from."""
    from perenne.runtime import write_artefact

    manifest = {
        "config": dict(spec["config"]),
        **model.manifest,
        "problem": spec["problem"],
        "classes": spec["classes"],
        "recipe": recipe.name,
        "seed": spec["seed"],
        "dataset_version": spec["dataset_version"],
        "base_model": spec["base_model"],
        "metrics": model.metrics,
        "perenne_version": __version__,
    }
    target = Path(spec["artefact"])
    part = target.with_suffix(".part")
    write_artefact(
        part,
        onnx_path=model.onnx_path,
        manifest=manifest,
        card=model.card,
        weights_path=model.weights_path,
    )
    part.replace(target)
    return target


def die_with_parent() -> None:
    """This process ends when its parent does, however the parent ended (Linux; elsewhere nothing is done)."""
    if not sys.platform.startswith("linux"):
        return
    parent = os.getppid()
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    expected = os.environ.get("PERENNE_TRAINER_PID")
    # It may have died before the call above.
    if expected is not None and int(expected) != parent and "TORCHELASTIC_RUN_ID" not in os.environ:
        os._exit(1)


def _item(line: Mapping[str, Any], cache: ImageCache) -> TrainingItem:
    reference = line.get("reference")
    return TrainingItem(
        image_path=cache.path_of(line["image"]),
        reference_path=cache.path_of(reference) if reference else None,
        target=line["target"],
        split=line["split"],
        group=line["group"],
        site=line["site"],
        width=line["width"],
        height=line["height"],
    )


def _take_over_stdout() -> TextIO:
    """Return the stream of events; whatever else prints goes to standard error."""
    events = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    return events


def _out_of_memory(spec: Mapping[str, Any]) -> PerenneError:
    from perenne.recipes.errors import OutOfMemory

    return OutOfMemory(
        f"Recipe {spec['recipe']} needs more memory than this machine has.",
        remedy="Choose a smaller input size or batch, or a machine with more memory.",
    )


def _unexpected(error: Exception) -> PerenneError:
    first = (str(error) or type(error).__name__).splitlines()[0][:500]
    return UnexpectedFailure(
        f"The recipe stopped with {type(error).__name__}: {first}.",
        remedy="The run's log has the traceback; correct the cause and resume the run.",
    )


if __name__ == "__main__":
    leave(main(sys.argv[1:]))
