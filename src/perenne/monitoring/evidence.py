"""What the records of a window say beside those of the reference: the facts that a diagnosis starts from.

Owns the reading of records: new values of the file, signature, embedding, prevalence, group of far images,
still pictures. Refuses to guess what records cannot tell: probes, labels, other sites and releases are given
by those who know them, and stay None otherwise.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from perenne.monitoring.channels import ACQUISITION, defect_rate
from perenne.monitoring.diagnosis import (
    ChannelMove,
    ClusterFacts,
    DiagnosisEvidence,
    EmbeddingFacts,
    Moved,
    PredictionFacts,
    ProbeFacts,
    StillFacts,
)
from perenne.monitoring.frame import EmbeddingFrame
from perenne.monitoring.record import ImageRecord, unpack_embedding
from perenne.monitoring.signatures import (
    SignatureLibrary,
    SignatureMatch,
    describe_acquisition,
    match_signature,
)
from perenne.quality.closeness import RARE
from perenne.quality.fingerprint import Fingerprint
from perenne.quality.signals import Signals, unpack_cells

Floats = NDArray[np.float64]

FEWEST = 20
FEWEST_IN_GROUP = 5
NEW_IN_WINDOW = 0.1
"""A value of the file counts as new from this share of the window on: one stray file is no drift."""
N_BOOT = 200
INNER = 0.95
_EM_STEPS = 60
_FARTHEST = 99.0
_WHITE = 250
_BLANK = 2
"""Standard deviation in grey values below which nothing is to be seen."""
DEAD_NOW, BARE_BEFORE = 0.9, 0.5
"""A cell is dead when such a share of images shows one and the same grey there, and at most such a share of
the reference showed nothing."""
UNLIKE_AXES = 24
_VARYING_FIELDS = ("rate",)


@dataclass(frozen=True)
class GivenFacts:
    """What records do not hold. `losses`: audited loss 0..1 of images of the window, by image id.

    The rest is as in `DiagnosisEvidence`; None is what nobody looked at.
    """

    replay: ProbeFacts | None = None
    golden: ProbeFacts | None = None
    golden_signature: SignatureMatch | None = None
    audit: Moved | None = None
    audit_by_class: Moved | None = None
    labelled: Moved | None = None
    agreement: Moved | None = None
    losses: Mapping[str, float] | None = None
    sites: int | None = None
    release: bool | None = None
    software: Mapping[str, str] | None = None


def gather_evidence(
    reference: Sequence[ImageRecord],
    window: Sequence[ImageRecord],
    *,
    library: SignatureLibrary | None = None,
    given: GivenFacts | None = None,
) -> DiagnosisEvidence:
    """Return the evidence of a window, in the order of capture, beside its reference.

    `library`: the signatures of the station; without it faults of acquisition have no name. `given.software`:
    parts of the software with a version unseen in the reference; they count as new values of the file do.
    """
    given = given or GivenFacts()
    prediction, weights = _weigh_by_prevalence(reference, window)
    embedding, cluster = _read_embedding(reference, window, given.losses)
    new = find_new_values(reference, window)
    if given.software:
        new = {**(new or {}), **given.software}
    return DiagnosisEvidence(
        fingerprint=new,
        moves=_measure_moves(reference, window),
        signature=None if library is None else _read_signature(reference, window, library, weights),
        embedding=embedding,
        prediction=prediction,
        replay=given.replay,
        golden=given.golden,
        golden_signature=given.golden_signature,
        audit=given.audit,
        audit_by_class=given.audit_by_class,
        labelled=given.labelled,
        agreement=given.agreement,
        cluster=cluster,
        still=_read_still(reference, window),
        sites=given.sites,
        release=given.release,
    )


def find_new_values(reference: Sequence[ImageRecord], window: Sequence[ImageRecord]) -> dict[str, str] | None:
    """Return the values of the fingerprint that the reference never had, in fields where that is rare.

    None without fingerprints on both sides.
    """
    old = [record.fingerprint for record in reference if record.fingerprint is not None]
    new = [record.fingerprint for record in window if record.fingerprint is not None]
    if len(old) < FEWEST or not new:
        return None
    found = {}
    for part in fields(Fingerprint):
        if part.name in _VARYING_FIELDS:
            continue
        values, counts = np.unique([str(getattr(one, part.name)) for one in old], return_counts=True)
        if (np.count_nonzero(counts == 1) + 1) / (len(old) + 1) > RARE:
            continue
        strange = [str(getattr(one, part.name)) for one in new]
        strange = [value for value in strange if value not in values]
        if len(strange) >= NEW_IN_WINDOW * len(new):
            found[part.name] = max(set(strange), key=strange.count)
    return found


def read_prevalence(
    reference: Sequence[ImageRecord], window: Sequence[ImageRecord]
) -> PredictionFacts | None:
    """Return how the share of defects moved and how much of the embedding's shift that alone explains.

    The prevalence of the window maximises the likelihood of its scores when those of the reference are held
    for probabilities (M. Saerens et al., Neural Computation 2002); its interval is a bootstrap of 200. The
    reference is then weighted to the window's scores: what remains of the shift is no matter of prevalence.
    None with fewer than 20 scores on a side. Assumes: scores are calibrated on the reference.
    """
    return _weigh_by_prevalence(reference, window)[0]


def _weigh_by_prevalence(
    reference: Sequence[ImageRecord], window: Sequence[ImageRecord]
) -> tuple[PredictionFacts | None, Floats | None]:
    """Return the facts, and what each record of the reference weighs at the new prevalence."""
    old, new = (_scores(records) for records in (reference, window))
    if min(np.count_nonzero(~np.isnan(old)), np.count_nonzero(~np.isnan(new))) < FEWEST:
        return None, None
    known_old, known_new = old[~np.isnan(old)], new[~np.isnan(new)]
    before = float(np.clip(known_old.mean(), 1e-3, 1 - 1e-3))
    after = float(_estimate_prevalence(known_new[None], np.array([before]))[0])
    rng = np.random.default_rng(len(known_new))
    drawn_old = rng.choice(known_old, (N_BOOT, len(known_old))).mean(1).clip(1e-3, 1 - 1e-3)
    drawn = _estimate_prevalence(rng.choice(known_new, (N_BOOT, len(known_new))), drawn_old) - drawn_old
    low, high = (float(value) for value in np.quantile(drawn, [0.025, 0.975]))
    positive = np.nan_to_num(old, nan=before)
    weights = positive * after / before + (1 - positive) * (1 - after) / (1 - before)
    explained, remaining = _what_is_left(reference, window, weights=_match_scores(old, new))
    return PredictionFacts(before, after, low, high, explained, len(known_new), remaining), weights


def _match_scores(old: Floats, new: Floats) -> Floats:
    """Return weights under which scores of the reference are spread as those of the window, by eighths.

    Where scores say all there is to say on the class, images of one score look alike whatever the
    prevalence; and a score that is not sharp takes the blame of its own blur, unlike with weights by class.
    """
    edges = np.nanquantile(old, np.linspace(0, 1, 9)[1:-1])
    counts = [
        np.bincount(np.digitize(side[~np.isnan(side)], edges), minlength=8) + 0.5 for side in (old, new)
    ]
    ratio = (counts[1] / counts[1].sum()) / (counts[0] / counts[0].sum())
    return np.where(np.isnan(old), 1.0, ratio[np.digitize(np.nan_to_num(old), edges)])


def _read_signature(
    reference: Sequence[ImageRecord],
    window: Sequence[ImageRecord],
    library: SignatureLibrary,
    weights: Floats | None,
) -> SignatureMatch | None:
    """Return the match of the window, beside the reference as it is or at the window's prevalence."""
    seen = [record.signals for record in window if record.signals is not None and record.signals.cell_means]
    rows = [at for at, one in enumerate(reference) if one.signals is not None and one.signals.cell_means]
    if weights is None or len(rows) < FEWEST:
        return match_signature(seen, library=library)
    values = [describe_acquisition(one.signals) for one in (reference[at] for at in rows) if one.signals]
    expected = np.average(np.array(values), axis=0, weights=weights[rows])
    return match_signature(seen, library=library, expected_F=expected)


def _estimate_prevalence(scores_BN: Floats, before_B: Floats) -> Floats:
    after = before_B.copy()
    for _ in range(_EM_STEPS):
        odds = (after / before_B)[:, None], ((1 - after) / (1 - before_B))[:, None]
        positive = scores_BN * odds[0]
        after = (positive / (positive + (1 - scores_BN) * odds[1] + 1e-12)).mean(1).clip(1e-4, 1 - 1e-4)
    return after


def _scores(records: Sequence[ImageRecord]) -> Floats:
    return np.clip([defect_rate(record) for record in records], 1e-4, 1 - 1e-4)


def _what_is_left(
    reference: Sequence[ImageRecord], window: Sequence[ImageRecord], *, weights: Floats
) -> tuple[float, float]:
    """Return the share of the shift of embeddings that re-weighting takes away, and the distance left."""
    rows = [at for at, record in enumerate(reference) if record.embedding is not None]
    new = _embeddings(window)
    if len(rows) < FEWEST or len(new) < FEWEST:
        return 1.0, 0.0
    old = _embeddings(reference)
    frame = EmbeddingFrame.fit(old)
    old, new = ((values - frame.mean_D) @ frame.white_DK for values in (old, new))
    kept = weights[rows]
    n_kept = kept.sum() ** 2 / (kept**2).sum()
    noise = [old.shape[1] * (1 / n + 1 / len(new)) for n in (len(old), n_kept)]
    before = _square(new.mean(0) - old.mean(0)) - noise[0]
    after = _square(new.mean(0) - np.average(old, axis=0, weights=kept)) - noise[1]
    left = math.sqrt(max(0.0, float(after)))
    return (1.0 if before <= 0 else float(np.clip(1 - left**2 / before, 0, 1))), left


def _square(vector: Floats) -> float:
    return float(vector @ vector)


def _embeddings(records: Sequence[ImageRecord]) -> Floats:
    return np.array(
        [unpack_embedding(record.embedding) for record in records if record.embedding is not None]
    )


def _read_embedding(
    reference: Sequence[ImageRecord], window: Sequence[ImageRecord], losses: Mapping[str, float] | None
) -> tuple[EmbeddingFacts | None, ClusterFacts | None]:
    """Return the embedding's shift and the group that far images form.

    One half of the reference places the other, whose 95th percentile is the radius.
    """
    old, new = _embeddings(reference), _embeddings(window)
    if len(old) < 2 * FEWEST or len(new) < FEWEST:
        return None, None
    frame, held_back = EmbeddingFrame.fit(old[::2]), old[1::2]
    radius = float(np.quantile([frame.place(one).distance for one in held_back], INNER))
    far = np.array([frame.place(one).distance for one in new]) > radius
    white_old, white_new = ((values - frame.mean_D) @ frame.white_DK for values in (held_back, new))
    # The held-back half and the window are both strangers to the frame: neither is whiter than the other.
    spread = np.maximum(white_old.std(0), 1e-6)
    shift = (white_new.mean(0) - white_old.mean(0)) / spread
    noise = shift.size * (1 / len(white_old) + 1 / len(white_new))
    distance = math.sqrt(max(0.0, _square(shift) - noise))
    facts = EmbeddingFacts(distance, float(far.mean()), len(old), len(new), find_unlike_share(old, new))
    placed = [record for record in window if record.embedding is not None]
    return facts, _find_group(placed, white_new, far, losses)


def find_unlike_share(old_ND: Floats, new_MD: Floats) -> float:
    """Return at least which share of the window is of a kind that the reference lacks.

    A classifier that has not seen an image scores it on the reference's first axes; where its scores of the
    window exceed those of the reference most, the difference of the two shares is a lower bound (Youden's
    index bounds the distance in total variation). Some 0.1 is had by chance with 100 images.

    >>> rng = np.random.default_rng(0)
    >>> old, new = rng.normal(size=(200, 8)), rng.normal(size=(100, 8))
    >>> new[:60] += 4
    >>> round(find_unlike_share(old, new), 1)
    0.6
    """
    from perenne.stats.drift import tell_apart

    middle = old_ND.mean(0)
    _, _, axes = np.linalg.svd(old_ND - middle, full_matrices=False)
    sides = [(side - middle) @ axes[:UNLIKE_AXES].T for side in (old_ND, new_MD)]
    told = tell_apart(*sides, rng=np.random.default_rng(len(new_MD)))
    scores = np.concatenate([told.reference_N, told.window_M])[:, None]
    beyond = (told.window_M[None] >= scores).mean(1) - (told.reference_N[None] >= scores).mean(1)
    return float(max(0.0, beyond.max()))


def _find_group(
    records: Sequence[ImageRecord],
    white_NK: Floats,
    far_N: NDArray[np.bool_],
    losses: Mapping[str, float] | None,
) -> ClusterFacts:
    """Return the group of far images, with what their audited loss is above that of the others."""
    n_far = int(np.count_nonzero(far_N))
    if n_far < FEWEST_IN_GROUP:
        return ClusterFacts(0.0, 0)
    centre = white_NK[far_N].mean(0)
    # One direction: far images lie nearer to their own middle than to that of the reference.
    alike = ((white_NK - centre) ** 2).sum(1) < (white_NK**2).sum(1)
    inside = far_N & alike
    n_inside = int(np.count_nonzero(inside))
    if n_inside < FEWEST_IN_GROUP:
        return ClusterFacts(0.0, 0)
    loss = None
    if losses is not None:
        known = np.array([losses.get(record.image_id, math.nan) for record in records])
        loss = compare_means(known[inside], known[~far_N])
    return ClusterFacts(n_inside / len(records), n_inside, loss)


def compare_means(after: Sequence[float] | Floats, before: Sequence[float] | Floats) -> Moved | None:
    """Return how the mean of values in 0..1 changed, with a 95 % interval; None with fewer than 5 on a side.

    Interval: Agresti and Caffo (The American Statistician 2000), one half success and failure added on each
    side; exact enough from 10 values on. `n` counts the values after.

    >>> compare_means([1.0] * 30 + [0.0] * 70, [1.0] * 10 + [0.0] * 90).low > 0.05
    True
    """
    new, old = (np.asarray(side, dtype=np.float64) for side in (after, before))
    new, old = new[~np.isnan(new)], old[~np.isnan(old)]
    if min(len(new), len(old)) < FEWEST_IN_GROUP:
        return None
    sides = [((side.sum() + 1) / (len(side) + 2), len(side) + 2) for side in (new, old)]
    half = 1.96 * math.sqrt(sum(share * (1 - share) / n for share, n in sides))
    middle = sides[0][0] - sides[1][0]
    change = float(new.mean() - old.mean())
    return Moved(change, float(middle - half), float(middle + half), len(new))


def compare_by_class(
    after: tuple[Sequence[float], Sequence[bool]], before: tuple[Sequence[float], Sequence[bool]]
) -> Moved | None:
    """Return how the mean loss changed with good and bad images in the shares of before, 95 % interval.

    Each side gives losses in 0..1 and, of the same images, whether they were labelled as defects. A model
    that misses defects loses more when there are more of them, and has not become worse: that rise is left
    out here. A class with fewer than 5 images on a side is left out, of `n` too; None without any. Interval:
    that of `compare_means`, class by class (direct standardisation; P. Armitage, G. Berry, J. Matthews,
    Statistical Methods in Medical Research, 4th edition 2002, chapter 19).

    >>> old = [1.0] * 40 + [0.0] * 60, [True] * 50 + [False] * 50
    >>> new = [1.0] * 64 + [0.0] * 36, [True] * 80 + [False] * 20
    >>> compare_by_class(new, old).change
    0.0
    """
    sides = [tuple(np.asarray(one, dtype=np.float64) for one in side) for side in (after, before)]
    found = []
    for label in (0.0, 1.0):
        moved = compare_means(*(losses[labels == label] for losses, labels in sides))
        if moved is not None:
            found.append((float((sides[1][1] == label).mean()), moved))
    total = sum(share for share, _ in found)
    if total <= 0:
        return None
    weights = [share / total for share, _ in found]
    middle = sum(weight * (one.low + one.high) / 2 for weight, (_, one) in zip(weights, found, strict=True))
    half = math.hypot(*(w * (one.high - one.low) / 2 for w, (_, one) in zip(weights, found, strict=True)))
    change = sum(weight * one.change for weight, (_, one) in zip(weights, found, strict=True))
    return Moved(change, middle - half, middle + half, sum(one.n for _, one in found))


def _read_still(reference: Sequence[ImageRecord], window: Sequence[ImageRecord]) -> StillFacts | None:
    signals = [record.signals for record in window if record.signals is not None]
    if len(signals) < 2:
        return None
    healthy = [record.signals for record in reference if record.signals is not None]
    # Parts that lie alike look alike, and a bare part looks blank: what the reference has too is no fault.
    repeated = _repeated_share(signals) - _repeated_share(healthy)
    usual = [_empty_share(one) for one in healthy]
    beyond = max(usual, default=0.0) + 0.15
    lost, blank = (
        float(np.mean([_empty_share(one) > beyond or one.std < _BLANK for one in side] or [False]))
        for side in (signals, healthy)
    )
    return StillFacts(
        max(0.0, repeated), max(0.0, lost - blank), len(signals), find_dead_share(healthy, signals)
    )


def find_dead_share(reference: Sequence[Signals], window: Sequence[Signals]) -> float:
    """Return the share of the 64 cells that are bare and of one grey in nine of ten images, unlike before.

    Parts may lie bare here or there; a row of a sensor that is gone is bare in every image, and of the same
    grey. A plain background is so, too, as long as the light holds still: what was bare in most images before
    is not counted. 0 without cells.
    """
    now, before = ([one for one in side if one.cell_spreads] for side in (window, reference))
    if not now or not before:
        return 0.0
    bare_before, bare_now = (
        np.array([unpack_cells(one.cell_spreads) <= 1 for one in side]) for side in (before, now)
    )
    grey = np.array([unpack_cells(one.cell_means) for one in now])
    of_one_grey = np.abs(grey - np.median(grey, axis=0)) <= 1
    dead = (bare_now & of_one_grey).mean(0) >= DEAD_NOW
    return float((dead & (bare_before.mean(0) <= BARE_BEFORE)).mean())


def _repeated_share(signals: Sequence[Signals]) -> float:
    repeats = [one.picture == before.picture for before, one in pairwise(signals)]
    return float(np.mean(repeats)) if repeats else 0.0


def _empty_share(signals: Signals) -> float:
    """Return the share of cells in which nothing at all is to be seen; white ones are a matter of light."""
    if not signals.cell_spreads:
        return 0.0
    flat = unpack_cells(signals.cell_spreads) <= 1
    return float((flat & (unpack_cells(signals.cell_means) < _WHITE)).mean())


def _measure_moves(
    reference: Sequence[ImageRecord], window: Sequence[ImageRecord]
) -> tuple[ChannelMove, ...]:
    """Return the channels of acquisition, those that moved most first."""
    from perenne.stats.drift import measure_auc, measure_shift

    moves = []
    for name, (_, read) in ACQUISITION.items():
        old, new = (
            np.array([math.nan if one.signals is None else read(one.signals) for one in side])
            for side in (reference, window)
        )
        old, new = old[~np.isnan(old)], new[~np.isnan(new)]
        if len(old) >= FEWEST and len(new) > 0:
            shift = float(np.clip(measure_shift(old, new), -_FARTHEST, _FARTHEST))
            moves.append(ChannelMove(name, shift, measure_auc(old, new).auc))
    return tuple(sorted(moves, key=lambda move: -abs(move.auc - 0.5)))
