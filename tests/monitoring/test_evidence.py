"""What records say beside a reference, and what they cannot say."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from perenne.monitoring.evidence import (
    GivenFacts,
    compare_by_class,
    compare_means,
    find_dead_share,
    find_new_values,
    gather_evidence,
)
from perenne.monitoring.probes import compare_golden, compare_replay
from perenne.monitoring.record import ImageRecord, pack_embedding
from perenne.quality.fingerprint import Fingerprint
from perenne.quality.signals import Signals, measure_signals

START = datetime(2026, 3, 2, tzinfo=UTC)
FILE = Fingerprint("PNG", "64x64", 8, "RGB", 1, "", 0, "", False, "Plant", "camera", "", False, 12)


def see(seed: int) -> Signals:
    rng = np.random.default_rng(seed)
    return measure_signals(rng.integers(60, 180, (64, 64, 3), dtype=np.uint8))


def records(
    n: int, *, seed: int, defects: float = 0.2, moved: float = 0.0, file: Fingerprint = FILE
) -> list[ImageRecord]:
    """Return records whose embedding holds the class in its first number and `moved` in all others."""
    rng = np.random.default_rng(seed)
    found = []
    for at in range(n):
        defect = rng.random() < defects
        embedding = rng.normal(0, 1, 16) + moved
        embedding[0] += 4 * defect
        score = 1 / (1 + np.exp(-4 * (embedding[0] - moved - 2) - np.log(0.25)))
        found.append(
            ImageRecord(
                image_id=f"{seed}-{at}",
                at=START + timedelta(minutes=at),
                fingerprint=file,
                signals=see(seed * 10_000 + at % 40),
                embedding=pack_embedding(embedding),
                predicted={"fail_score": float(score)},
            )
        )
    return found


@pytest.fixture(scope="module")
def reference() -> list[ImageRecord]:
    return records(200, seed=1)


def test_a_healthy_window_shows_nothing(reference: list[ImageRecord]) -> None:
    seen = gather_evidence(reference, records(100, seed=2))
    assert seen.fingerprint == {} and seen.embedding is not None and seen.prediction is not None
    assert seen.embedding.distance < 0.6
    assert seen.prediction.low < 0 < seen.prediction.high
    assert seen.still is not None and seen.still.repeated == 0


def test_more_defects_explain_the_shift_of_the_embedding(reference: list[ImageRecord]) -> None:
    seen = gather_evidence(reference, records(150, seed=3, defects=0.7)).prediction
    assert seen is not None
    assert seen.window == pytest.approx(0.7, abs=0.12)
    assert seen.low > 0.3 and seen.explained > 0.8


def test_a_new_appearance_is_not_explained_by_its_prevalence(reference: list[ImageRecord]) -> None:
    seen = gather_evidence(reference, records(150, seed=4, defects=0.7, moved=1.0))
    assert seen.prediction is not None and seen.prediction.explained < 0.5
    assert seen.embedding is not None and seen.embedding.distance > 2


def test_far_images_that_lie_together_are_a_group_with_its_loss(reference: list[ImageRecord]) -> None:
    odd = records(20, seed=5, moved=4.0)
    window = [*records(100, seed=6), *odd]
    losses = {record.image_id: float(record in odd) for record in window}
    cluster = gather_evidence(reference, window, given=GivenFacts(losses=losses)).cluster
    assert cluster is not None and cluster.loss is not None
    assert cluster.n_images >= 18 and cluster.loss.low > 0.4


def test_a_new_value_of_the_file_is_named(reference: list[ImageRecord]) -> None:
    other = replace(FILE, container="JPEG", jpeg_tables="5ba1")
    found = find_new_values(reference, records(30, seed=7, file=other))
    assert found == {"container": "JPEG", "jpeg_tables": "5ba1"}


def test_one_stray_file_and_a_field_that_varies_by_nature_are_no_news(reference: list[ImageRecord]) -> None:
    stray = [*records(60, seed=8), *records(1, seed=9, file=replace(FILE, container="JPEG"))]
    assert find_new_values(reference, stray) == {}
    cut_out = [replace(one, fingerprint=replace(FILE, size=f"{at}x9")) for at, one in enumerate(reference)]
    assert find_new_values(cut_out, records(30, seed=10)) == {}


def test_software_that_changed_counts_as_a_new_value(reference: list[ImageRecord]) -> None:
    given = GivenFacts(software={"runtime": "1.31"})
    assert gather_evidence(reference, records(30, seed=11), given=given).fingerprint == {"runtime": "1.31"}


def test_a_frozen_picture_and_a_black_one_are_still(reference: list[ImageRecord]) -> None:
    window = records(40, seed=12)
    frozen = [window[0]] * 20 + window[:20]
    black = measure_signals(np.zeros((64, 64, 3), np.uint8))
    assert (still := gather_evidence(reference, frozen).still) is not None and still.repeated > 0.4
    dark = [replace(one, signals=black) for one in window[:10]] + window[10:]
    assert (still := gather_evidence(reference, dark).still) is not None and still.lost == 0.25


def test_bare_and_equal_parts_are_no_fault_of_the_sensor_where_the_reference_has_them_too() -> None:
    bare = measure_signals(np.full((64, 64, 3), 9, np.uint8))

    def some_bare(seed: int) -> list[ImageRecord]:
        return [
            replace(one, signals=bare) if at % 5 < 2 else one
            for at, one in enumerate(records(100, seed=seed))
        ]

    seen = gather_evidence(some_bare(15), some_bare(16)).still
    assert seen is not None and (seen.repeated, seen.lost) == (0, 0)


def test_rows_that_are_gone_are_dead_although_parts_lie_bare_here_and_there() -> None:
    def part(seed: int, *, lost: bool) -> Signals:
        rng = np.random.default_rng(seed)
        image = rng.integers(60, 180, (64, 64, 3), dtype=np.uint8)
        image[:, : 16 if seed % 2 else 0] = 20  # every other part is bare at its left
        image[44:] = 128 if lost else image[44:]
        return measure_signals(image)

    before = [part(seed, lost=False) for seed in range(30)]
    assert find_dead_share(before, [part(seed, lost=True) for seed in range(50, 80)]) == 0.25
    assert find_dead_share(before, [part(seed, lost=False) for seed in range(50, 80)]) == 0.0
    assert find_dead_share([], before) == 0.0


def test_a_plain_background_is_not_dead_where_the_light_holds_still_for_a_short_window() -> None:
    def part(seed: int, *, light: float) -> Signals:
        rng = np.random.default_rng(seed)
        image = np.full((64, 64), 150.0)
        image[16:48, 16:48] += rng.normal(0, 25, (32, 32))
        grey = np.clip(np.rint(image * light + rng.normal(0, 0.5, image.shape)), 0, 255).astype(np.uint8)
        return measure_signals(grey[..., None].repeat(3, axis=2))

    lamp = 1 + 0.05 * np.sin(np.arange(60) / 10)  # it wanders over hours, and hardly in a minute
    before = [part(seed, light=float(lamp[seed])) for seed in range(60)]
    assert find_dead_share(before, [part(seed, light=0.8) for seed in range(90, 100)]) == 0.0


def test_a_share_of_a_new_kind_is_told_and_a_healthy_window_has_next_to_none(
    reference: list[ImageRecord],
) -> None:
    half = [*records(60, seed=20), *records(60, seed=21, moved=3.0)]
    shares = [gather_evidence(reference, one).embedding for one in (half, records(120, seed=22))]
    assert shares[0] is not None and shares[0].unlike == pytest.approx(0.5, abs=0.12)
    assert shares[1] is not None and shares[1].unlike < 0.2


def test_the_loss_by_class_is_up_where_a_class_is_judged_otherwise() -> None:
    rng = np.random.default_rng(3)
    labels = (rng.random(300) < 0.3).tolist()
    before = [float(defect and rng.random() < 0.4) for defect in labels]
    slips = [float(rng.random() < 0.3) for _ in labels]
    worse = compare_by_class((slips, labels), (before, labels))
    assert worse is not None and worse.low > 0
    assert compare_by_class(([1.0] * 3, [True] * 3), (before, labels)) is None
    few_defects = compare_by_class(([0.0] * 43, [True] * 3 + [False] * 40), (before, labels))
    assert few_defects is not None and few_defects.n == 40  # what nothing was said of is not counted


def test_records_without_embeddings_and_scores_leave_these_facts_open(reference: list[ImageRecord]) -> None:
    bare = [replace(one, embedding=None, predicted={}, signals=None) for one in reference]
    seen = gather_evidence(bare, bare[:50])
    assert (seen.embedding, seen.prediction, seen.cluster, seen.still, seen.signature) == (None,) * 5
    assert seen.audit is None and seen.replay is None


def test_the_loss_of_few_labels_is_no_fact() -> None:
    assert compare_means([1.0, 1.0], [0.0] * 50) is None


def test_replay_counts_files_with_another_answer() -> None:
    before = np.zeros((10, 2))
    after = before.copy()
    after[:3, 1] = 0.4
    assert (compare_replay(before, after).n_different, compare_replay(before, before).n_different) == (3, 0)
    with pytest.raises(ValueError, match="one shape"):
        compare_replay(before, after[:5])


def test_the_golden_part_in_other_light_differs_and_in_the_same_does_not() -> None:
    part = np.random.default_rng(0).integers(60, 160, (64, 64, 3), dtype=np.uint8)

    def photographs(seed: int, gain: float, n: int) -> list[Signals]:
        rng = np.random.default_rng(seed)
        shots = [part * gain + rng.normal(0, 0.5, part.shape) for _ in range(n)]
        return [measure_signals(np.clip(np.rint(one), 0, 255).astype(np.uint8)) for one in shots]

    before = photographs(1, 1.0, 8)
    same, darker = (compare_golden(before, photographs(2, gain, 4)) for gain in (1.0, 0.85))
    assert same is not None and same.n_different == 0
    assert darker is not None and darker.n_different == 4
    assert compare_golden(before[:2], before) is None
