"""From the predictions of all images to slices with metrics, intervals and verdicts.

Owns which slices there are: overall, site, line, product, class and object size. Refuses randomness of
its own: the same evaluation measured twice gives the same intervals.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from perenne.hub.evaluation.rules import (
    AcceptanceRule,
    Judgement,
    Measure,
    Verdict,
    judge_slice,
    size_of,
)
from perenne.kit.hashing import sha256_hex
from perenne.problems import PROBLEMS, BoxesTarget

N_BOOT = 400
JUDGED_KINDS = ("overall", "site", "line", "product")
SIZES = ("small", "medium", "large")


@dataclass(frozen=True)
class EvaluatedImage:
    """One image with its truth, what the model said of it (both JSON), and where it comes from."""

    image_id: str
    sha256: str
    site_id: str
    group_key: str
    truth: dict[str, Any]
    prediction: dict[str, Any]
    line_id: str | None = None
    product_id: str | None = None

    @property
    def group(self) -> str:
        """The independent unit: a group never reaches over two sites."""
        return f"{self.site_id}/{self.group_key}"


@dataclass(frozen=True)
class SliceKey:
    """A part of the images: its kind, what is common to them, and the site that it lies in, if one."""

    kind: str
    key: str
    site_id: str | None = None


@dataclass(frozen=True)
class SliceResult:
    """The metrics of one slice (JSON of estimates, by name) and its verdict."""

    slice: SliceKey
    n_images: int
    n_groups: int
    metrics: dict[str, Any]
    judgement: Judgement


@dataclass(frozen=True)
class MeasuringTask:
    """What is measured: the images, and the model's problem, classes and thresholds."""

    images: Sequence[EvaluatedImage]
    problem: str
    classes: list[str]
    thresholds: Mapping[str, Any]
    seed: str
    truths: list[Any] = field(init=False)
    predictions: list[Any] = field(init=False)

    def __post_init__(self) -> None:
        kind = PROBLEMS.get(self.problem)
        truths = [kind.parse_truth(image.truth, self.classes) for image in self.images]
        predictions = [kind.parse_prediction(image.prediction, self.classes) for image in self.images]
        object.__setattr__(self, "truths", truths)
        object.__setattr__(self, "predictions", predictions)

    def match(self, truths: list[Any] | None = None) -> Any:
        """Return the evidence of all images, with other truths if given."""
        return PROBLEMS.get(self.problem).match(
            truths if truths is not None else self.truths,
            self.predictions,
            classes=self.classes,
            thresholds=self.thresholds,
            groups=[image.group for image in self.images],
        )


def measure_slices(
    task: MeasuringTask, *, rule: AcceptanceRule | None, progress: Callable[[float], None] = lambda _: None
) -> tuple[list[SliceResult], dict[str, Any]]:
    """Return every slice with its verdict, and the curves and tables of the whole."""
    from perenne.problems.evidence import summarise

    evidence = task.match()
    wanted = slices_of(task)
    results = []
    for done, (key, members) in enumerate(wanted):
        chosen, metrics_kept = evidence, None
        if key.kind == "size":
            chosen, metrics_kept = task.match(_only_size(task.truths, key.key)), {"recall"}
        measured = summarise(chosen, rng=_generator(task.seed, key), mask=members, n_boot=N_BOOT)
        metrics = {
            name: estimate_json(value)
            for name, value in measured.items()
            if metrics_kept is None or name in metrics_kept
        }
        n_groups = len({image.group for image, inside in zip(task.images, members, strict=True) if inside})
        results.append(
            SliceResult(
                key, int(members.sum()), n_groups, metrics, judge_metrics(key.kind, metrics, rule=rule)
            )
        )
        progress((done + 1) / len(wanted))
    return results, evidence.details() if task.images else {}


def compare_slices(
    champion: MeasuringTask, challenger: MeasuringTask, *, keys: Sequence[SliceKey]
) -> dict[SliceKey, dict[str, Any]]:
    """Return for every slice the estimates of challenger minus champion, by metric, in pairs."""
    from perenne.problems.evidence import compare

    old, new = champion.match(), challenger.match()
    found = {}
    for key, members in slices_of(challenger):
        if key in keys:
            seed = champion.seed + challenger.seed
            measured = compare(old, new, rng=_generator(seed, key), mask=members, n_boot=N_BOOT)
            found[key] = {name: estimate_json(value) for name, value in measured.items()}
    return found


def judge_metrics(kind: str, metrics: Mapping[str, Any], *, rule: AcceptanceRule | None) -> Judgement:
    """Return the verdict of a slice from its stored metrics; classes and sizes explain and are not judged."""
    if kind not in JUDGED_KINDS:
        return Judgement(Verdict.NOT_JUDGED, "A part that explains; sites are judged.")
    stored = metrics.get(rule.metric) if rule is not None else None
    return judge_slice(Measure.from_json(stored) if stored else None, rule=rule)


def estimate_json(measured: Any) -> dict[str, Any]:
    """Return an estimate as the wire has it, with what is missing in words when there is none."""
    stored: dict[str, Any] = measured.to_json()
    stored["shortage"] = str(measured) if stored["too_few"] else None
    return stored


def slices_of(task: MeasuringTask) -> list[tuple[SliceKey, Any]]:
    """Return every slice that has an image, with the mask of its images."""
    members: dict[SliceKey, set[int]] = {}
    for index, (image, truth) in enumerate(zip(task.images, task.truths, strict=True)):
        for key in _keys_of(image, truth):
            members.setdefault(key, set()).add(index)
    ordered = sorted(members, key=lambda k: (_KINDS.index(k.kind), k.key))
    return [(key, _mask(members[key], n=len(task.images))) for key in ordered]


_KINDS = ("overall", "site", "line", "product", "class", "size")


def _keys_of(image: EvaluatedImage, truth: Any) -> list[SliceKey]:
    keys = [SliceKey("overall", "all"), SliceKey("site", image.site_id, image.site_id)]
    if image.line_id:
        keys.append(SliceKey("line", image.line_id, image.site_id))
    if image.product_id:
        keys.append(SliceKey("product", image.product_id))
    if isinstance(truth, BoxesTarget):
        keys += [SliceKey("class", name) for name in {box.name for box in truth.boxes}]
        keys += [SliceKey("size", size_of(_area(box))) for box in truth.boxes]
    elif hasattr(truth, "name"):
        keys.append(SliceKey("class", truth.name))
    return keys


def _only_size(truths: Sequence[Any], size: str) -> list[Any]:
    return [BoxesTarget(tuple(b for b in truth.boxes if size_of(_area(b)) == size)) for truth in truths]


def _area(box: Any) -> float:
    x1, y1, x2, y2 = box.corners
    return float((x2 - x1) * (y2 - y1))


def _mask(indices: set[int], *, n: int) -> Any:
    import numpy as np

    mask = np.zeros(n, dtype=bool)
    mask[sorted(indices)] = True
    return mask


def _generator(seed: str, key: SliceKey) -> Any:
    """Return the slice's own generator: one more site changes nothing at the others."""
    import numpy as np

    return np.random.default_rng(int(sha256_hex(f"{seed}/{key.kind}/{key.key}".encode())[:16], 16))
