"""The trainer's loop: claim a run, fetch its data, train in a child, deliver the model, again.

Owns the order of things and what happens when any of them goes wrong. Refuses to import torch or numpy: this
process stays small for months.
"""

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from perenne.kit.errors import PerenneError
from perenne.kit.hashing import sha256_file
from perenne.trainer.cache import ImageCache, Wanted
from perenne.trainer.errors import MachineFailed, UnexpectedFailure
from perenne.trainer.hub_link import DownloadDamaged, HubAway, HubLink, HubRefused, keep_trying
from perenne.trainer.messenger import ClaimLost, Messenger, Say
from perenne.trainer.process import CANCELLED, ChildProcess, say_signal
from perenne.trainer.workdir import RunFolder, Workdir
from perenne.wire.training import Claim, RunFailure, RunModelAnswer

STOP_PATIENCE_S = 8.0
LOST_PATIENCE_S = 5.0
DOWNLOAD_ATTEMPTS = 3


@dataclass(frozen=True)
class TrainerOptions:
    """How a trainer works. `load` are Python modules that register further recipes."""

    name: str
    workdir: Path
    recipes: tuple[str, ...]
    device: str = "auto"
    threads: int = 0
    processes: int = 1
    load: tuple[str, ...] = ()
    poll_s: float = 2.0
    beat_s: float = 2.0


class Stopped(Exception):
    """The trainer itself is being stopped: leave the run as it is, to be taken up again."""


class Cancelled(Exception):
    """Somebody cancelled the run."""


class Trainer:
    """One machine's trainer. `run_forever` from the main thread; `stop` from anywhere."""

    def __init__(self, link: HubLink, options: TrainerOptions, *, say: Say = lambda text: None) -> None:
        self.link, self.options, self.say = link, options, say
        self.workdir = Workdir(options.workdir)
        self.cache = ImageCache(self.workdir.cache)
        self._stop = threading.Event()
        self._away = False

    def run_forever(self) -> None:
        """Work on runs until stopped. Raises: WorkdirInUse, HubRefused when the hub does not want it."""
        self.workdir.lock()
        try:
            while not self._stop.is_set():
                if not self.run_once():
                    self._stop.wait(self.options.poll_s)
        finally:
            self.workdir.unlock()

    def run_alone(self) -> bool:
        """Work on one run at most; return whether there was one. Raises: WorkdirInUse, HubRefused."""
        self.workdir.lock()
        try:
            return self.run_once()
        finally:
            self.workdir.unlock()

    def stop(self) -> None:
        """The trainer ends soon; a run in work keeps its checkpoint and its claim."""
        self._stop.set()

    def run_once(self) -> bool:
        """Work on one run, if there is one; return whether there was. Raises: HubRefused."""
        try:
            claim = self.link.claim(trainer=self.options.name, recipes=list(self.options.recipes))
        except HubAway as error:
            if not self._away:
                self.say(f"{error.detail} Waiting for it.")
            self._away = True
            return False
        if self._away:
            self.say("The hub answers again.")
        self._away = False
        if claim is None:
            return False
        self._work(claim)
        return True

    def _work(self, claim: Claim) -> None:
        run = claim.run
        again = "takes up again" if claim.resumed else "takes up"
        data = f"{run.dataset}:{run.dataset_number}"
        self.say(f"Run {run.number}: {self.options.name} {again} {run.recipe} on {data}")
        folder = self.workdir.run_folder(run.id)
        messenger = Messenger(self.link, claim, beat_s=self.options.beat_s, say=self.say)
        try:
            if not folder.artefact.exists():
                self._fetch(claim, folder, messenger)
                self._train(claim, folder, messenger)
            self._deliver(claim, folder, messenger)
        except ClaimLost as error:
            self.say(f"Run {run.number}: dropped. {error}")
        except Stopped:
            self.say(f"Run {run.number}: interrupted; it goes on from its checkpoint at the next start")
        except Cancelled:
            self._end(claim, messenger, RunFailure(epoch=claim.epoch, cancelled=True))
            self.say(f"Run {run.number}: cancelled")
        except PerenneError as error:
            if isinstance(error, HubRefused) and error.problem_status in (401, 403):
                raise
            problem = error.problem if isinstance(error, HubRefused) else error.to_problem()
            self._fail(claim, messenger, problem)
        except OSError as error:
            self._fail(claim, messenger, _machine_failed(error, self.options.workdir).to_problem())

    def _fail(self, claim: Claim, messenger: Messenger, problem: dict[str, Any]) -> None:
        self._end(claim, messenger, RunFailure(epoch=claim.epoch, problem=problem))
        self.say(f"Run {claim.run.number}: failed. {_say_problem(problem)}")

    def _fetch(self, claim: Claim, folder: RunFolder, messenger: Messenger) -> None:
        """Everything that the run needs is on this machine, verified."""
        messenger.message("Fetching the manifest")
        messenger.beat_if_due()
        self._get(claim.manifest_path, folder.manifest, claim.manifest_sha256)
        if claim.base_artefact_path and claim.base_artefact_sha256:
            self._get(claim.base_artefact_path, folder.base_artefact, claim.base_artefact_sha256)

        def between(count: int) -> bool:
            messenger.message(f"Fetching images: {count} fetched")
            return messenger.beat_if_due() or self._stop.is_set()

        def download(wanted: Wanted, target: Path) -> None:
            self._get(f"/images/{wanted.image_id}/bytes", target, wanted.sha256)

        if not self.cache.fill(folder.manifest, download=download, between=between):
            raise Stopped if self._stop.is_set() else Cancelled

    def _get(self, path: str, target: Path, sha256: str) -> None:
        """`target` has these bytes; fetched only if it has not, for as long as the hub is away."""
        if target.exists() and sha256_file(target) == sha256:
            return
        wait_s = 0.5
        damaged = 0
        while True:
            try:
                return self.link.download(path, target, sha256=sha256)
            except DownloadDamaged:
                damaged += 1
                if damaged >= DOWNLOAD_ATTEMPTS:
                    raise
            except HubAway:
                pass
            if self._stop.wait(wait_s):
                raise Stopped
            wait_s = min(5.0, wait_s * 2)

    def _train(self, claim: Claim, folder: RunFolder, messenger: Messenger) -> None:
        """The artefact of the run lies in its folder."""
        folder.spec.write_text(json.dumps(self._spec(claim, folder)), encoding="utf-8")
        for point in folder.earlier_points():
            _take_event({"event": "point", **point}, messenger, {})
        messenger.message("Starting")
        child = ChildProcess(
            folder.spec,
            log_path=folder.log,
            threads=self.options.threads,
            processes=self.options.processes,
        )
        outcome: dict[str, Any] = {}
        try:
            self._supervise(child, messenger, outcome)
        except BaseException:
            child.end(patience_s=STOP_PATIENCE_S if self._stop.is_set() else LOST_PATIENCE_S)
            raise
        status = child.exit_status()
        if self._stop.is_set() and not outcome:
            raise Stopped
        if messenger.cancel and "artefact" not in outcome:
            raise Cancelled
        if "problem" in outcome:
            messenger.log("error", _say_problem(outcome["problem"]))
            raise HubRefused(outcome["problem"])
        if "artefact" not in outcome:
            raise _died(child, status)

    def _supervise(self, child: ChildProcess, messenger: Messenger, outcome: dict[str, Any]) -> None:
        asked = False
        while not child.has_ended():
            event = child.next_event(timeout_s=0.2)
            if event is not None:
                _take_event(event, messenger, outcome)
            if (messenger.beat_if_due() or self._stop.is_set()) and not asked:
                child.ask_to_stop()
                asked = True

    def _deliver(self, claim: Claim, folder: RunFolder, messenger: Messenger) -> None:
        """The hub has the model; nothing of the run is left here."""
        messenger.message("Uploading the model")
        while not messenger.flush(state="uploading"):
            if self._stop.wait(1.0):
                raise Stopped
        try:
            answer: RunModelAnswer | None = keep_trying(
                lambda: self.link.deliver(claim.run.id, folder.artefact, epoch=claim.epoch),
                pause=self._stop.wait,
            )
        except HubRefused as error:
            if error.problem_code == "run-claim-replaced":
                raise ClaimLost(error.detail) from error
            folder.artefact.unlink(missing_ok=True)  # a resume trains and exports it anew
            raise
        if answer is None:
            raise Stopped
        folder.remove()
        self.say(f"Run {claim.run.number}: delivered as model {answer.name}:{answer.number}")

    def _end(self, claim: Claim, messenger: Messenger, failure: RunFailure) -> None:
        """The hub knows that the run has ended, if it still wants to know."""

        def tell() -> RunFailure:
            messenger.flush()
            self.link.fail(claim.run.id, failure)
            return failure

        try:
            keep_trying(tell, pause=self._stop.wait)
        except (ClaimLost, HubRefused) as error:
            self.say(f"Run {claim.run.number}: the hub did not take its end: {error}")

    def _spec(self, claim: Claim, folder: RunFolder) -> dict[str, Any]:
        run = claim.run
        return {
            "run": run.id,
            "recipe": run.recipe,
            "problem": claim.problem,
            "classes": claim.classes,
            "config": run.config,
            "seed": run.seed,
            "device": self.options.device,
            "load": list(self.options.load),
            "manifest": str(folder.manifest),
            "cache": str(self.cache.folder),
            "workdir": str(folder.checkpoints),
            "points": str(folder.points),
            "artefact": str(folder.artefact),
            "base_artefact": str(folder.base_artefact) if claim.base_artefact_path else None,
            "base_model": run.base_model_id,
            "dataset_version": run.dataset_version_id,
        }


def _take_event(event: dict[str, Any], messenger: Messenger, outcome: dict[str, Any]) -> None:
    kinds: dict[str, Callable[[], None]] = {
        "point": lambda: messenger.point(event),
        "log": lambda: messenger.log(str(event["level"]), str(event["text"])),
        "failed": lambda: outcome.update(problem=event["problem"]),
        "trained": lambda: outcome.update(artefact=event["artefact"]),
    }
    try:
        kinds.get(str(event.get("event")), lambda: None)()
    except (KeyError, TypeError, ValueError) as error:
        messenger.log("warning", f"An event of the recipe cannot be shown ({type(error).__name__}).")


def _machine_failed(error: OSError, folder: Path) -> PerenneError:
    return MachineFailed(
        f"The training machine could not work in {folder}: {error.strerror or error}.",
        remedy="Make room on its disk, or give it another --workdir; then resume the run.",
    )


def _died(child: ChildProcess, status: int) -> PerenneError:
    if status == CANCELLED:
        return UnexpectedFailure(
            "The training process stopped as if it had been asked to.", remedy="Resume the run."
        )
    if status == -9:
        from perenne.recipes.errors import OutOfMemory

        return OutOfMemory(
            "The training process was killed (SIGKILL), most likely because the machine's memory ran out.",
            remedy="Choose a smaller input size or batch, or a larger machine; then resume the run.",
        )
    return UnexpectedFailure(
        f"The training process {say_signal(status)} without saying why. "
        f"Its last words: {child.tail()[-1500:] or 'none'}",
        remedy="Correct the cause and resume the run.",
    )


def _say_problem(problem: dict[str, Any]) -> str:
    return (
        f"{problem.get('title', 'Failed')}: {problem.get('detail', '')} {problem.get('remedy', '')}".strip()
    )
