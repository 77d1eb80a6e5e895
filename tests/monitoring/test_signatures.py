"""A fault of the camera moves a station's signals in a direction of its own, and by how much it acts."""

import cv2
import numpy as np
import pytest

from perenne.monitoring.acquisition_changes import KINDS, change_image
from perenne.monitoring.decision_table import CAUSES
from perenne.monitoring.signatures import (
    SignatureLibrary,
    describe_acquisition,
    learn_signatures,
    match_signature,
)
from perenne.quality.faults import obstruct
from perenne.quality.signals import Signals, measure_signals

N_REFERENCE, N_WINDOW = 60, 30
TAUGHT = ("gamma", "gain", "noise", "side_light", "blur", "shift_right", "rotation", "jpeg", "resize")


def photograph(seed: int) -> np.ndarray:
    """Return what one camera sees: a part with texture, a little moved, in light that varies by 3 %."""
    rng = np.random.default_rng(seed)
    scene = np.random.default_rng(3).integers(50, 170, (9, 9), dtype=np.uint8)
    image = cv2.resize(scene, (128, 128), interpolation=cv2.INTER_NEAREST).astype(np.float32)
    image = np.roll(image, tuple(rng.integers(-1, 2, 2)), axis=(0, 1))
    image = cv2.GaussianBlur(image, (0, 0), 0.7) * rng.normal(1, 0.03) + rng.normal(0, 3, image.shape)
    return np.repeat(np.clip(image, 0, 255).astype(np.uint8)[..., None], 3, axis=2)


@pytest.fixture(scope="module")
def library() -> SignatureLibrary:
    images = [photograph(seed) for seed in range(N_REFERENCE)]
    kinds = [kind for kind in KINDS if kind.name in TAUGHT]
    return learn_signatures([measure_signals(one) for one in images], images=images[:3], kinds=kinds)


def window(kind_name: str = "", strength: float = 0.0) -> list[Signals]:
    """Return signals of photographs that the library has not seen, after a change."""
    kind = next((one for one in KINDS if one.name == kind_name), None)
    images = [photograph(1000 + seed) for seed in range(N_WINDOW)]
    if kind is not None:
        images = [change_image(one, kind=kind, strength=strength, seed=9) for one in images]
    return [measure_signals(one) for one in images]


@pytest.mark.parametrize(
    ("kind", "strength", "cause", "tolerance"),
    [
        ("gamma", 1.15, "light", 0.06),
        ("gain", 0.85, "light", 0.06),
        ("noise", 5.0, "light", 1.0),
        ("side_light", 0.2, "light", 0.05),
        ("blur", 1.5, "focus", 0.3),
        ("rotation", -3.0, "mount", 1.0),
        ("jpeg", 60.0, "recompression", 12.0),
        ("resize", 0.6, "recompression", 0.1),
    ],
)
def test_a_fault_is_told_with_its_strength(
    library: SignatureLibrary, kind: str, strength: float, cause: str, tolerance: float
) -> None:
    match = match_signature(window(kind, strength), library=library)
    assert match is not None
    assert (match.kinds, match.causes) == ((kind,), (cause,))
    assert match.strengths[0] == pytest.approx(strength, abs=tolerance)


def test_the_strength_is_told_in_words(library: SignatureLibrary) -> None:
    match = match_signature(window("gamma", 1.15), library=library)
    assert match is not None and match.words.startswith("gamma 1.1")


def test_a_healthy_window_has_not_moved(library: SignatureLibrary) -> None:
    match = match_signature(window(), library=library)
    assert match is not None and not match.moved and match.kinds == ()


def test_a_change_that_nobody_taught_has_moved_without_a_name(library: SignatureLibrary) -> None:
    rng = np.random.default_rng(4)
    covered = [measure_signals(obstruct(photograph(500 + i), rng, share=0.2)) for i in range(N_WINDOW)]
    match = match_signature(covered, library=library)
    assert match is not None and match.moved and match.causes == () and match.words == ""


def test_a_spot_on_the_lens_is_told_wherever_it_lies(library: SignatureLibrary) -> None:
    y, x = np.mgrid[:128, :128]
    shade = 1 - 0.6 * np.exp(-(((x - 86) ** 2 + (y - 37) ** 2) / 12**2))[..., None]
    spotted = [
        measure_signals(np.rint(photograph(300 + i) * shade).astype(np.uint8)) for i in range(N_WINDOW)
    ]
    match = match_signature(spotted, library=library)
    assert match is not None and (match.kinds, match.causes) == (("spot",), ("focus",))
    assert match.strengths[0] < -10 and "from the left" in match.words


def test_a_fault_beside_a_spot_on_the_lens_is_told_too(library: SignatureLibrary) -> None:
    y, x = np.mgrid[:128, :128]
    shade = 1 - 0.6 * np.exp(-(((x - 86) ** 2 + (y - 37) ** 2) / 12**2))[..., None]
    noise = next(kind for kind in KINDS if kind.name == "noise")
    noisy = [
        change_image(np.rint(photograph(300 + i) * shade).astype(np.uint8), kind=noise, strength=5.0, seed=i)
        for i in range(N_WINDOW)
    ]
    match = match_signature([measure_signals(one) for one in noisy], library=library)
    assert match is not None and match.causes == ("focus", "light"), match
    assert match.kinds == ("spot", "noise") and match.strengths[1] == pytest.approx(5, abs=1.5)


def test_two_faults_at_once_are_both_told(library: SignatureLibrary) -> None:
    by_name = {kind.name: kind for kind in KINDS}
    both = [
        change_image(
            change_image(photograph(700 + i), kind=by_name["blur"], strength=1.2, seed=i),
            kind=by_name["side_light"],
            strength=0.3,
            seed=i,
        )
        for i in range(N_WINDOW)
    ]
    match = match_signature([measure_signals(one) for one in both], library=library)
    assert match is not None and set(match.causes) == {"focus", "light"}


def test_a_library_is_the_same_after_json(library: SignatureLibrary) -> None:
    again = SignatureLibrary.from_json(library.to_json())
    seen = window("blur", 1.5)
    first, second = (match_signature(seen, library=one) for one in (library, again))
    assert first is not None and second is not None
    assert (first.kinds, first.causes) == (second.kinds, second.causes)
    assert first.strengths == pytest.approx(second.strengths, abs=0.01)


def test_seven_images_are_too_few_for_a_signature(library: SignatureLibrary) -> None:
    assert match_signature(window("blur", 2.0)[:7], library=library) is None


def test_signals_without_their_cells_are_refused() -> None:
    seen = measure_signals(photograph(1))
    with pytest.raises(ValueError, match="without"):
        describe_acquisition(Signals(**{**seen.__dict__, "cell_means": "", "cell_spreads": ""}))


def test_a_library_from_too_few_signals_is_refused() -> None:
    with pytest.raises(ValueError, match="30 signals"):
        learn_signatures([measure_signals(photograph(1))] * 29, images=[photograph(1)])


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_every_kind_names_a_cause_ascends_and_does_nothing_at_its_neutral(kind) -> None:  # type: ignore[no-untyped-def]
    image = photograph(2)
    assert kind.cause in CAUSES
    assert list(kind.strengths) == sorted(kind.strengths) and kind.neutral in kind.strengths
    assert change_image(image, kind=kind, strength=kind.neutral, seed=0) is image
    strongest = max(kind.strengths, key=lambda at: abs(at - kind.neutral))
    changed = change_image(image, kind=kind, strength=strongest, seed=0)
    assert changed.shape == image.shape and changed.dtype == np.uint8
    assert np.abs(changed.astype(int) - image).mean() > 0.2
    assert kind.words.format(strongest) != kind.words
