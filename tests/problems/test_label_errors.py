"""Labels made wrong on purpose are found, told with the right reason, and good labels are left alone."""

from dataclasses import replace

import numpy as np
import pytest

from perenne.problems import PROBLEMS, Box, BoxesTarget, ClassTarget, ValueTarget
from perenne.problems.suspicion import Suspect
from perenne.stats.estimation import TooFew

CLASSES = ["open", "short", "spur"]


def plates(n: int, *, seed: int = 0) -> tuple[list[BoxesTarget], list[BoxesTarget]]:
    """Return correct labels of n images and what a fair detector says: 8 % missed, 5 % wrong, false boxes."""
    rng = np.random.default_rng(seed)
    truths, said = [], []
    for _ in range(n):
        places = rng.permutation(16)[:4]
        boxes = [
            Box(
                float(p % 4 * 100 + 20), float(p // 4 * 100 + 20), float(p % 4 * 100 + 60),
                float(p // 4 * 100 + 60), str(rng.choice(CLASSES)),
            )
            for p in places
        ]  # fmt: skip
        truths.append(BoxesTarget(tuple(boxes)))
        answers = []
        for box in boxes:
            if rng.random() < 0.08:
                continue
            name = str(rng.choice(CLASSES)) if rng.random() < 0.05 else box.name
            move = float(rng.normal(0, 2))
            moved = replace(box, x1=box.x1 + move, x2=box.x2 + move)
            answers.append(replace(moved, name=name, score=float(rng.beta(8, 2))))
        for _ in range(3):
            x, y = rng.uniform(0, 360, 2).tolist()
            answers.append(Box(x, y, x + 40, y + 40, str(rng.choice(CLASSES)), float(rng.beta(1, 9))))
        said.append(BoxesTarget(tuple(answers)))
    return truths, said


def surely_found(truth: BoxesTarget, said: BoxesTarget) -> int:
    """Return a box that the detector names well."""
    for i, box in enumerate(truth.boxes):
        if any(b.name == box.name and abs(b.x1 - box.x1) < 9 and b.y1 == box.y1 and (b.score or 0) > 0.8
               for b in said.boxes):  # fmt: skip
            return i
    raise AssertionError("no such box")


def test_each_kind_of_error_is_found_with_its_reason_and_place() -> None:
    truths, said = plates(60)
    spoilt: dict[int, str] = {}
    for image, reason in zip(range(0, 40, 2), ["missing", "class", "position", "spurious"] * 5, strict=True):
        try:
            at = surely_found(truths[image], said[image])
        except AssertionError:
            continue
        boxes = list(truths[image].boxes)
        box = boxes[at]
        if reason == "missing":
            del boxes[at]
        elif reason == "class":
            boxes[at] = replace(box, name=CLASSES[(CLASSES.index(box.name) + 1) % 3])
        elif reason == "position":
            boxes[at] = replace(box, x1=box.x1 + 20, x2=box.x2 + 20)
        else:
            boxes.append(Box(0, 0, 18, 18, "open"))
        truths[image] = BoxesTarget(tuple(boxes))
        spoilt[image] = reason
    found = PROBLEMS.get("detection").suspect_labels(
        truths, said, classes=CLASSES, groups=[str(i) for i in range(60)]
    )
    assert isinstance(found, list) and len(spoilt) >= 15
    first: dict[int, Suspect] = {}
    for one in found:
        first.setdefault(one.image, one)
    best = list(first.values())[: len(spoilt)]
    assert sum(one.image in spoilt for one in best) >= 0.7 * len(spoilt)
    told = [one.reason == spoilt[one.image] for one in best if one.image in spoilt]
    assert sum(told) >= 0.8 * len(told)
    assert all(0 < one.probability <= 1 and one.box for one in found)


def test_forgotten_boxes_say_what_should_be_there_and_spurious_ones_that_nothing_should() -> None:
    truths, said = plates(80, seed=2)
    at = surely_found(truths[0], said[0])
    missing = truths[0].boxes[at]
    truths[0] = BoxesTarget(tuple(b for i, b in enumerate(truths[0].boxes) if i != at))
    truths[1] = BoxesTarget((*truths[1].boxes, Box(380, 380, 399, 399, "spur")))
    found = PROBLEMS.get("detection").suspect_labels(
        truths, said, classes=CLASSES, groups=[str(i // 2) for i in range(80)]
    )
    assert isinstance(found, list)
    gap = next(s for s in found if s.image == 0 and s.reason == "missing")
    assert gap.given is None and gap.expected == missing.name and gap.box
    assert gap.box[1] == missing.y1 and abs(gap.box[0] - missing.x1) < 10
    extra = next(s for s in found if s.image == 1 and s.box == (380, 380, 399, 399))
    assert (extra.reason, extra.given, extra.expected) == ("spurious", "spur", None)


def test_the_same_labels_raise_the_same_suspicions() -> None:
    truths, said = plates(40)
    kind, groups = PROBLEMS.get("detection"), ["a", "b"] * 20
    first, second = (kind.suspect_labels(truths, said, classes=CLASSES, groups=groups) for _ in range(2))
    assert first == second


def test_the_probability_of_a_wrong_class_is_how_often_it_is_wrong() -> None:
    # 2,000 labels, 2 % of them wrong; what is promised (sum of probabilities) is kept within a third.
    rng = np.random.default_rng(5)
    scores = rng.beta(0.4, 0.4, 2000)
    truth = rng.random(2000) < scores
    given = truth ^ (rng.random(2000) < 0.02)
    found = PROBLEMS.get("classification").suspect_labels(
        [ClassTarget(("ok", "bad")[int(g)]) for g in given],
        [ClassTarget("ok", {"ok": 1 - s, "bad": s}) for s in scores.tolist()],
        classes=["ok", "bad"],
        groups=[str(i) for i in range(2000)],
    )
    assert isinstance(found, list)
    wrong = sum(given[s.image] != truth[s.image] for s in found)
    assert wrong == pytest.approx(sum(s.probability for s in found), rel=0.34)
    assert all(s.reason == "class" and s.expected != s.given for s in found)


def test_a_value_far_from_all_others_of_its_kind_is_suspected() -> None:
    rng = np.random.default_rng(1)
    values = rng.uniform(0, 10, 60)
    given = [ValueTarget(float(v)) for v in values]
    given[4] = ValueTarget(float(10 - values[4]))
    said = [ValueTarget(float(v + rng.normal(0, 0.1))) for v in values]
    kind = PROBLEMS.get("regression")
    found = kind.suspect_labels(given, said, classes=[], groups=[str(i) for i in range(60)])
    assert isinstance(found, list) and found[0].image == 4 and found[0].reason == "value"
    same = [ValueTarget(1.0)] * 60
    assert kind.suspect_labels(same, said, classes=[], groups=["g"] * 60) == []


@pytest.mark.parametrize(
    ("problem", "target"),
    [
        ("classification", ClassTarget("ok", {"ok": 1.0})),
        ("detection", BoxesTarget()),
        ("regression", ValueTarget(1.0)),
    ],
)
def test_few_images_raise_no_suspicion(problem: str, target: object) -> None:
    kind = PROBLEMS.get(problem)
    found = kind.suspect_labels([target] * 9, [target] * 9, classes=["ok", "bad"], groups=["g"] * 9)
    assert isinstance(found, TooFew) and found.unit == "images"
    if problem == "detection":
        many = kind.suspect_labels([target] * 50, [target] * 50, classes=["ok"], groups=["g"] * 50)
        assert isinstance(many, TooFew) and many.unit == "labelled boxes"
