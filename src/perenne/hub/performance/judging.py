"""What one production answer was worth against the truth: hits, false alarms, misses, scored objects.

Owns the counting of each problem at the operating point of its moment. Refuses to match boxes itself: the
problem's matching does, with the rules of every evaluation.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from perenne.problems import PROBLEMS, ClassTarget

COUNTED_PROBLEMS = ("classification", "detection")
"""Problems whose answers are hits, false alarms and misses, so that recall, precision and F1 exist."""


@dataclass(frozen=True)
class Answered:
    """One production answer beside its truth (both JSON) and the thresholds it was decided with."""

    truth: Mapping[str, Any]
    said: Mapping[str, Any]
    thresholds: Mapping[str, Any]
    decision: str


@dataclass(frozen=True)
class Judged:
    """`objects`: (class, score, hit) of every scored object; `missed`: true objects without any score."""

    tp: int
    fp: int
    fn: int
    wanted: str
    objects: tuple[tuple[str, float, bool], ...] = ()
    missed: int = 0
    error: float | None = None


def judge_answers(problem: str, answers: Sequence[Answered], *, classes: Sequence[str]) -> list[Judged]:
    """Return what each answer was worth. Raises: TargetInvalid for a truth outside `classes`."""
    kind = PROBLEMS.get(problem)
    truths = [kind.parse_truth(answer.truth, classes) for answer in answers]
    return JUDGES[problem](answers, truths, list(classes))


def judge_classes(answers: Sequence[Answered], truths: Sequence[Any], classes: list[str]) -> list[Judged]:
    """A part that should fail is one object; its score is that of all fail classes together."""
    from perenne.problems.classification.decide import decide_class, fail_classes_of, fail_score

    found = []
    for answer, truth in zip(answers, truths, strict=True):
        said = ClassTarget(str(answer.said["class"]), answer.said.get("scores"))
        known = list(said.scores or classes)
        bad = fail_classes_of(answer.thresholds, known)
        is_bad = truth.name in bad or (truth.name not in known and truth.name != classes[0])
        score = fail_score(said, answer.thresholds, known)
        fails = decide_class(said, _without_band(answer.thresholds), classes=known) == "fail"
        name = bad[0] if len(bad) == 1 else FAIL
        found.append(
            Judged(
                tp=int(is_bad and fails),
                fp=int(fails and not is_bad),
                fn=int(is_bad and not fails),
                wanted="fail" if is_bad else "pass",
                objects=((name, round(score, 6), is_bad),),
            )
        )
    return found


def judge_boxes(answers: Sequence[Answered], truths: Sequence[Any], classes: list[str]) -> list[Judged]:
    """Boxes are matched by the COCO rules at IoU 0.5; a box counts from the threshold of its moment on."""
    import numpy as np

    from perenne.problems.detection.decide import DEFAULT_SCORE, decide_boxes
    from perenne.problems.detection.matching import AT_50, match_all
    from perenne.problems.detection.target import parse_boxes

    said = [
        parse_boxes(answer.said, sorted({box["class"] for box in answer.said["boxes"]}), with_scores=True)
        for answer in answers
    ]
    names = list(dict.fromkeys([*classes, *(box.name for target in said for box in target.boxes)]))
    matches = match_all(truths, said, classes=names)
    hits, found = matches.hits_TD[AT_50], []
    order = np.argsort(matches.images, kind="stable")
    starts = np.searchsorted(matches.images[order], np.arange(len(answers) + 1))
    for index, (answer, truth) in enumerate(zip(answers, truths, strict=True)):
        rows = order[starts[index] : starts[index + 1]]
        scores, hit = matches.scores[rows], hits[rows]
        counted = scores >= float(answer.thresholds.get("score", DEFAULT_SCORE))
        tp, n_true = int((counted & hit).sum()), len(truth.boxes)
        found.append(
            Judged(
                tp=tp,
                fp=int((counted & ~hit).sum()),
                fn=n_true - tp,
                wanted=decide_boxes(truth, answer.thresholds),
                objects=tuple(
                    (names[matches.names[row]], round(float(matches.scores[row]), 6), bool(hits[row]))
                    for row in rows
                ),
                missed=n_true - int(hit.sum()),
            )
        )
    return found


def judge_values(answers: Sequence[Answered], truths: Sequence[Any], classes: list[str]) -> list[Judged]:
    """A value has an error and no hits."""
    kind = PROBLEMS.get("regression")
    return [
        Judged(
            0,
            0,
            0,
            wanted=kind.decide(truth, answer.thresholds),
            error=abs(float(answer.said["value"]) - float(truth.value)),
        )
        for answer, truth in zip(answers, truths, strict=True)
    ]


FAIL = "fail"
"""The class of an object where several classes make a part fail: the line treats them alike."""
JUDGES: dict[str, Callable[[Sequence[Answered], Sequence[Any], list[str]], list[Judged]]] = {
    "classification": judge_classes,
    "detection": judge_boxes,
    "regression": judge_values,
}


def _without_band(thresholds: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in thresholds.items() if name not in ("unsure_from", "unsure_to")}
