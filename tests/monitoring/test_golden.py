"""The golden part says what became of the camera: one known part, photographed before and again."""

import cv2
import numpy as np
import pytest

from perenne.monitoring.acquisition_changes import KINDS, change_image
from perenne.monitoring.golden import GoldenPart, find_golden_spot, learn_golden, match_golden
from perenne.quality.signals import Signals, measure_signals

BY_NAME = {kind.name: kind for kind in KINDS}
TAUGHT = (
    "gain",
    "gamma",
    "noise",
    "side_light",
    "top_light",
    "blur",
    "shift_right",
    "shift_down",
    "rotation",
    "jpeg",
)


def draw_part() -> np.ndarray:
    """Return a part with texture of two sizes, as it lies under the camera."""
    rng = np.random.default_rng(3)
    coarse = cv2.resize(rng.integers(50, 170, (9, 9), dtype=np.uint8), (128, 128))
    fine = cv2.resize(rng.integers(0, 60, (40, 40), dtype=np.uint8), (128, 128))
    return np.repeat(cv2.add(coarse, fine)[..., None], 3, axis=2)


def photograph(seed: int, *changes: tuple[str, float]) -> np.ndarray:
    """Return a photograph of the part after changes: no two are the same, as sensors are."""
    image = draw_part()
    for name, strength in changes:  # the lens and the lamp, then the sensor's grain, then the wire
        if name != "jpeg":
            image = change_image(image, kind=BY_NAME[name], strength=strength, seed=seed)
    noisy = image + np.random.default_rng(seed).normal(0, 0.5, image.shape[:2])[..., None]
    image = np.clip(np.rint(noisy), 0, 255).astype(np.uint8)
    for name, strength in changes:
        if name == "jpeg":
            image = change_image(image, kind=BY_NAME[name], strength=strength, seed=seed)
    return image


def look(images: list[np.ndarray]) -> list[Signals]:
    return [measure_signals(image) for image in images]


@pytest.fixture(scope="module")
def part() -> GoldenPart:
    before = [photograph(seed) for seed in range(6)]
    learnt = learn_golden(look(before), images=before[:2], kinds=[BY_NAME[name] for name in TAUGHT])
    assert learnt is not None
    return learnt


def again(*changes: tuple[str, float]) -> list[Signals]:
    return look([photograph(100 + seed, *changes) for seed in range(4)])


def spotted(*changes: tuple[str, float]) -> list[Signals]:
    y, x = np.mgrid[:128, :128]
    shade = 1 - 0.6 * np.exp(-((((x - 86) ** 2 + (y - 37) ** 2) / 11**2) ** 2))[..., None]
    return look([np.rint(photograph(200 + i, *changes) * shade).astype(np.uint8) for i in range(4)])


def test_a_part_that_looks_as_before_says_that_the_camera_did_not_change(part: GoldenPart) -> None:
    match = match_golden(part, again())
    assert match is not None and not match.moved and match.causes == ()


@pytest.mark.parametrize(
    ("change", "strength", "cause", "tolerance"),
    [
        ("gain", 1.05, "light", 0.02),
        ("gamma", 1.15, "light", 0.05),
        ("noise", 5.0, "light", 1.0),
        ("blur", 1.0, "focus", 0.2),
        ("shift_right", 0.03, "mount", 0.01),
        ("rotation", -3.0, "mount", 0.5),
        ("jpeg", 60.0, "recompression", 10.0),
    ],
)
def test_a_fault_of_the_camera_is_told_with_its_strength(
    part: GoldenPart, change: str, strength: float, cause: str, tolerance: float
) -> None:
    match = match_golden(part, again((change, strength)))
    assert match is not None and match.causes == (cause,)
    found = dict(zip(match.kinds, match.strengths, strict=True))
    assert found[change] == pytest.approx(strength, abs=tolerance)


def test_a_camera_that_moved_and_turned_is_told_in_its_three_movements(part: GoldenPart) -> None:
    match = match_golden(part, again(("shift_right", 0.02), ("shift_down", -0.015), ("rotation", 3.0)))
    assert match is not None and match.causes == ("mount",)
    found = dict(zip(match.kinds, match.strengths, strict=True))
    assert found["rotation"] == pytest.approx(3.0, abs=0.7)
    assert found["shift_right"] == pytest.approx(0.02, abs=0.008)


def test_two_faults_at_once_are_both_told(part: GoldenPart) -> None:
    match = match_golden(part, again(("blur", 1.2), ("side_light", 0.3)))
    assert match is not None and set(match.causes) == {"focus", "light"}


def test_a_spot_on_the_lens_is_told_with_its_place_and_with_a_lamp_that_changed(part: GoldenPart) -> None:
    alone, both = match_golden(part, spotted()), match_golden(part, spotted(("gain", 1.2)))
    assert alone is not None and alone.causes == ("focus",) and "from the left" in alone.words
    assert both is not None and both.causes == ("focus", "light"), both


def test_a_bright_place_is_no_dirt(part: GoldenPart) -> None:
    bright = look([255 - photograph(i) for i in range(3)])
    assert find_golden_spot(bright, look([photograph(i) for i in range(3)])) is None


@pytest.mark.parametrize("change", ["stripes", "half turn", "cable"])
def test_a_change_that_nobody_taught_has_moved_without_a_name(part: GoldenPart, change: str) -> None:
    images = [photograph(300 + seed).astype(float) for seed in range(4)]
    if change == "stripes":
        images = [one + 18 * np.sin(np.arange(128) / 1.3)[:, None, None] for one in images]
    elif change == "half turn":
        images = [one[::-1, ::-1] for one in images]
    else:
        for one in images:
            one[:, 40:58] = 200
    match = match_golden(part, look([np.clip(one, 0, 255).astype(np.uint8) for one in images]))
    assert match is not None and match.moved and match.causes == () and match.words == ""


def test_a_change_that_every_kind_leads_away_from_has_moved_without_a_name() -> None:
    before = [photograph(seed) for seed in range(6)]
    taught = learn_golden(look(before), images=before[:1], kinds=[BY_NAME["blur"]])
    assert taught is not None
    sharper = [cv2.addWeighted(image, 2.5, cv2.GaussianBlur(image, (0, 0), 1.0), -1.5, 0) for image in before]
    found = match_golden(taught, look(sharper))
    assert found is not None
    assert (found.moved, found.kinds) == (True, ())


def test_where_the_part_was_laid_down_by_hand_a_small_shift_is_no_change() -> None:
    def laid(seed: int) -> np.ndarray:
        rng = np.random.default_rng(seed)
        right, down = rng.normal(0, 0.01, 2)
        return photograph(seed, ("shift_right", float(right)), ("shift_down", float(down)))

    before = [laid(seed) for seed in range(8)]
    part = learn_golden(look(before), images=before[:2], kinds=[BY_NAME[name] for name in TAUGHT])
    assert part is not None
    calm = match_golden(part, look([laid(seed) for seed in range(50, 54)]))
    darker = match_golden(part, look([np.rint(laid(seed) * 0.8).astype(np.uint8) for seed in range(50, 54)]))
    assert calm is not None and not calm.moved
    assert darker is not None and darker.moved and darker.causes in (("light",), ())


def test_two_photographs_from_before_are_too_few() -> None:
    image = photograph(1)
    assert learn_golden(look([image, image]), images=[image]) is None


def test_without_a_photograph_from_after_nothing_is_said(part: GoldenPart) -> None:
    assert match_golden(part, []) is None
