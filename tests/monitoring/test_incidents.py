"""Incidents made on purpose are what they say, and a diagnosis names those whose cause lies in the files."""

from datetime import UTC, datetime, timedelta

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from perenne.monitoring.acquisition_changes import KINDS
from perenne.monitoring.decision_table import CAUSES
from perenne.monitoring.diagnosis import diagnose
from perenne.monitoring.evidence import GivenFacts, gather_evidence
from perenne.monitoring.probes import compare_golden, compare_replay
from perenne.monitoring.record import ImageRecord
from perenne.monitoring.signatures import SignatureLibrary, learn_signatures
from perenne.quality.decoding import admit_image, decode_upright
from perenne.quality.fingerprint import read_fingerprint
from perenne.quality.signals import measure_signals
from perenne.testing.causes import (
    FAULTS,
    MIXED,
    Chain,
    Fault,
    Incident,
    Piece,
    Stock,
    cause_incident,
    list_faults,
    photograph,
)

N_REFERENCE, N_WINDOW = 60, 24
TAUGHT = ("gamma", "gain", "noise", "blur", "shift_right", "rotation", "jpeg", "resize")
START = datetime(2026, 4, 6, tzinfo=UTC)
Pixels = NDArray[np.uint8]


def piece(seed: int) -> Piece:
    rng = np.random.default_rng(seed)
    scene = np.random.default_rng(8).integers(50, 170, (9, 9), dtype=np.uint8)
    image = cv2.resize(scene, (96, 96), interpolation=cv2.INTER_NEAREST).astype(np.float32)
    image = cv2.GaussianBlur(image, (0, 0), 0.7) * rng.normal(1, 0.03) + rng.normal(0, 3, image.shape)
    pixels = np.repeat(np.clip(image, 0, 255).astype(np.uint8)[..., None], 3, axis=2)
    return Piece(pixels, defect=seed % 4 == 0, doubtful=seed % 4 == 1)


@pytest.fixture(scope="module")
def stock() -> Stock:
    other = [Piece(np.ascontiguousarray(piece(900 + i).image[::-1] // 2), False) for i in range(10)]
    return Stock([piece(seed) for seed in range(40)], other=other)


@pytest.fixture(scope="module")
def reference() -> list[ImageRecord]:
    rng = np.random.default_rng(0)
    return look(
        [photograph(piece(500 + i).image, chain=Chain(), rng=rng) for i in range(N_REFERENCE)], Chain()
    )


@pytest.fixture(scope="module")
def library(reference: list[ImageRecord]) -> SignatureLibrary:
    kinds = [kind for kind in KINDS if kind.name in TAUGHT]
    signals = [one.signals for one in reference if one.signals is not None]
    return learn_signatures(signals, images=[piece(500 + i).image for i in range(3)], kinds=kinds)


def look(files: list[bytes], chain: Chain) -> list[ImageRecord]:
    return [
        ImageRecord(
            image_id=str(at),
            at=START + timedelta(minutes=at),
            fingerprint=read_fingerprint(data, admit_image(data)),
            signals=measure_signals(chain.decode(data)),
        )
        for at, data in enumerate(files)
    ]


def answers(files: list[bytes], chain: Chain) -> list[list[float]]:
    """Return what a model of one number, the mean of the middle, says of each file."""
    prepare = chain.prepare or (lambda image: image)
    return [[float(prepare(chain.decode(data))[20:60, 20:60].mean())] for data in files]


def find_cause(incident: Incident, reference: list[ImageRecord], library: SignatureLibrary) -> str:
    rng = np.random.default_rng(1)
    old = [photograph(piece(i).image, chain=Chain(), rng=rng) for i in range(8)]
    part = piece(1).image
    noisy = [np.clip(part + rng.normal(0, 0.5, part.shape), 0, 255).astype(np.uint8) for _ in range(8)]
    golden = [measure_signals(one) for one in noisy]
    given = GivenFacts(
        replay=compare_replay(answers(old, Chain()), answers(old, incident.chain)),
        golden=compare_golden(
            golden, [measure_signals(incident.chain.decode(one)) for one in incident.golden]
        ),
        sites=incident.chain.sites,
        release=incident.chain.release,
    )
    window = look([shot.data for shot in incident.shots], incident.chain)
    return diagnose(gather_evidence(reference, window, library=library, given=given)).cause


def fault(kind: str) -> Fault:
    return next(one for one in FAULTS if one.kind == kind)


@pytest.mark.parametrize(
    "kind", ["format", "size", "decoder", "defocus", "darker", "jpeg", "frozen", "no signal", "normalisation"]
)
def test_a_cause_in_the_files_is_named_without_a_single_label(
    kind: str, stock: Stock, reference: list[ImageRecord], library: SignatureLibrary
) -> None:
    incident = cause_incident([fault(kind)], stock=stock, n=N_WINDOW, rng=np.random.default_rng(2))
    assert find_cause(incident, reference, library) in incident.causes


@pytest.mark.parametrize("one", FAULTS, ids=lambda one: f"{one.cause}-{one.kind}")
def test_every_fault_gives_files_that_can_be_read_and_the_same_ones_again(one: Fault, stock: Stock) -> None:
    first, second = (cause_incident([one], stock=stock, n=3, rng=np.random.default_rng(5)) for _ in range(2))
    assert first.causes == (one.cause,) and one.low <= first.strengths[0] <= one.high
    assert [shot.data for shot in first.shots] == [shot.data for shot in second.shots]
    for shot in first.shots:
        assert decode_upright(shot.data).dtype == np.uint8


def test_every_cause_of_the_table_comes_about_and_some_changes_are_in_no_row() -> None:
    assert {one.cause for one in list_faults()} == set(CAUSES)
    assert {one.cause for one in list_faults(known=False)} == {"unknown"}
    assert {name for pair in MIXED for name in pair} <= set(CAUSES)


def test_two_faults_at_once_leave_both_names_and_both_marks(stock: Stock) -> None:
    faults = [fault("darker"), fault("slips")]
    incident = cause_incident(faults, stock=stock, n=60, rng=np.random.default_rng(3))
    assert incident.causes == ("light", "annotators")
    means = [decode_upright(shot.data).mean() for shot in incident.shots]
    assert np.mean(means) < 0.95 * np.mean([one.image.mean() for one in stock.own])
    assert np.mean([shot.first != shot.second for shot in incident.shots]) > 0.15


def test_another_definition_changes_the_truth_of_doubtful_pieces_alone(stock: Stock) -> None:
    incident = cause_incident([fault("moved")], stock=stock, n=40, rng=np.random.default_rng(4))
    clean = cause_incident([], stock=stock, n=40, rng=np.random.default_rng(4))
    assert sum(shot.truth for shot in clean.shots) == 10
    assert sum(shot.truth for shot in incident.shots) == 20


def test_a_fault_that_needs_what_the_stock_lacks_says_so(stock: Stock) -> None:
    poor = Stock([Piece(one.image, one.defect) for one in stock.own])
    assert not fault("all").possible(poor) and not fault("moved").possible(poor)
    assert fault("all").possible(stock) and fault("defocus").possible(poor)
