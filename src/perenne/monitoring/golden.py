"""What became of the camera, told by one known part: its photographs of today beside those of before.

Owns the signatures of the golden part: its own photograph, replayed through every kind of change, and the
search for the one, two or three changes that together give today's photographs. Refuses to speak of products:
the part is the same, so whatever moved is the camera, the light, the mount or the wire behind them.

A window of other parts varies as products do, and a signature is then read through that noise. The golden
part has none of it: a fault shows at once, and so does a change that no signature explains.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from perenne.monitoring.acquisition_changes import KINDS, Kind, change_image
from perenne.monitoring.signatures import (
    NAMES,
    SPOT_CAUSE,
    Curve,
    SignatureLibrary,
    SignatureMatch,
    acquisition_scales,
    describe_acquisition,
    nearest_point,
    place_spot,
    trace_curve,
)
from perenne.quality.signals import GRID, Signals, measure_signals, unpack_cells

Floats = NDArray[np.float64]
Pixels = NDArray[np.uint8]

FEWEST_BEFORE = 3
TOGETHER = (
    ("shift_right", "shift_down", ("shift_falling", "shift_rising"), {"rotation": 0.0}),
    ("side_light", "top_light", ("falling_light", "rising_light"), {"gain": 1.0}),
)
"""Kinds across and down, the slanted ones between them, and those that come with them, at their neutral."""
SPOT_HOLDS, SPOT_LIGHT = 0.75, 0.05
"""The share of the change of light that nine cells hold, and the least change there, when it is a spot."""
ROBUST = ("brightness", "detail where flat", "blockiness", "resampling")
"""Numbers of the whole image that a spot hardly moves; brightness is read beside it."""


@dataclass(frozen=True)
class GoldenTolerance:
    """When the golden part changed, and what explains it.

    `moved`: distance, less noise, in units that nobody takes note of (`acquisition_scales`). `rest`: largest
    share of the distance left over by what is named. A further change is added while more than `well` is
    left: one of the same cause must shrink the rest to `same_gain`, one of another cause to `other_gain`, and
    each must be `part` of the distance. Beside a spot, where the picture is known in part, `beside_spot` may
    be left over.
    """

    moved: float = 4.0
    rest: float = 0.3
    well: float = 0.2
    same_gain: float = 0.8
    other_gain: float = 0.5
    part: float = 0.15
    beside_spot: float = 0.4
    most: int = 3


@dataclass(frozen=True)
class GoldenPart:
    """A part as it was photographed before: its signals, one photograph, and how each change shows on it."""

    before: tuple[Signals, ...]
    image: Pixels
    library: SignatureLibrary


def learn_golden(
    before: Sequence[Signals], *, images: Sequence[Pixels], kinds: Sequence[Kind] = KINDS
) -> GoldenPart | None:
    """Return how each kind of change shows on the golden part; None below 3 photographs from before.

    `images`: one or some of these photographs, RGB; the first is replayed. A blur takes the grain of that
    photograph away, while a sensor adds its own behind the lens: from two images on blur is learnt with new
    grain too. A signal counts in units of what it moves by without anybody
    taking note, and of how it varied between the photographs, so that a part laid down by hand may lie a
    little otherwise. 1 s of CPU.
    """
    if len(before) < FEWEST_BEFORE or not images:
        return None
    image = images[0]
    values = np.array([describe_acquisition(one) for one in before])
    scale = np.sqrt(values.var(0) + acquisition_scales() ** 2)
    start = describe_acquisition(measure_signals(image))[None]
    replayed = [*kinds, *_add_grain([kind for kind in kinds if kind.cause == SPOT_CAUSE], images)]
    curves = tuple(trace_curve(kind, images=[image], before_NF=start, scale_F=scale) for kind in replayed)
    library = SignatureLibrary(values.mean(0), scale, np.eye(len(scale)), curves, len(before))
    return GoldenPart(tuple(before), image, library)


def _add_grain(kinds: Sequence[Kind], images: Sequence[Pixels]) -> list[Kind]:
    """Return these kinds with the grain of a sensor behind them, as strong as between two photographs."""
    if len(images) < 2 or images[0].shape != images[1].shape:
        return []
    apart = np.abs(images[1].astype(np.float64) - images[0])
    sigma = float(np.sqrt((np.minimum(apart, 3 * max(1.0, float(np.median(apart)))) ** 2).mean() / 2))

    def behind(kind: Kind) -> Kind:
        def change(image: Pixels, rng: np.random.Generator, strength: float) -> Pixels:
            changed = kind.change(image, rng, strength)
            grain = rng.normal(0, sigma, changed.shape[:2])[..., None]
            return np.asarray(np.clip(np.rint(changed + grain), 0, 255), dtype=np.uint8)

        return replace(kind, change=change)

    return [behind(kind) for kind in kinds]


def match_golden(
    part: GoldenPart, after: Sequence[Signals], *, tolerance: GoldenTolerance | None = None
) -> SignatureMatch | None:
    """Return what moved the photographs of the golden part; None without photographs from after the change.

    Kinds of up to three changes, of two causes at most; none where they leave too much over. A spot on the
    lens may lie anywhere and is told by its shape, with what moved beside it.
    """
    if not after:
        return None
    tolerance = tolerance or GoldenTolerance()
    library = part.library
    varied = np.array([describe_acquisition(one) for one in part.before]).var(0, ddof=1) / library.scale_F**2
    noise = float(varied.sum()) * (1 / len(part.before) + 1 / len(after))
    shift = library.shift_of(after)
    found = _explain(shift, curves=library.curves, noise=noise, tolerance=tolerance)
    if found.kinds and found.rest > tolerance.well:
        found = refine_golden(part, shift, found, noise=noise)
    spot = find_golden_spot(part.before, after) if found.rest > tolerance.rest else None
    if spot is None:
        return found if found.rest <= tolerance.rest else SignatureMatch(True, found.distance, found.rest)
    kept = _beside(spot)
    clear = [replace(curve, shifts_SF=_keep(curve.shifts_SF, kept)) for curve in library.curves]
    shift[0] = _brightness_beside(part.before, after, spot) / library.scale_F[0]
    beside = _explain(_keep(shift[None], kept)[0], curves=clear, noise=noise, tolerance=tolerance)
    unnamed = beside.rest > tolerance.beside_spot
    if unnamed and beside.distance > tolerance.beside_spot * found.distance:
        return SignatureMatch(True, found.distance, found.rest)
    if unnamed:
        beside = SignatureMatch(False, beside.distance, 0.0)
    return replace(
        found,
        rest=beside.rest if beside.kinds else 0.0,
        kinds=("spot", *beside.kinds),
        strengths=(spot.light, *beside.strengths),
        causes=tuple(dict.fromkeys((SPOT_CAUSE, *beside.causes))),
        words=" + ".join(words for words in (spot.words, beside.words) if words),
    )


def refine_golden(
    part: GoldenPart, shift_F: Floats, found: SignatureMatch, *, noise: float
) -> SignatureMatch:
    """Return the match with its strengths found by making the changes, together, on the photograph of before.

    Curves add up only for small changes. A camera may have moved in both directions and turned, and light may
    have changed as a whole and across: such kinds are tried together (`TOGETHER`). Some 60 trials, 0.3 s of
    CPU.
    """
    from scipy.optimize import minimize

    start = _plan(found)
    kinds = [kind for kind in KINDS if kind.name in start]
    before = describe_acquisition(measure_signals(part.image))
    steps = np.array([0.3 * np.ptp(kind.strengths) / len(kind.strengths) for kind in kinds])

    def leave_over(moves: Floats) -> float:
        image = part.image
        for kind, at in zip(kinds, moves * steps, strict=True):
            bounded = float(np.clip(start[kind.name] + at, min(kind.strengths), max(kind.strengths)))
            image = change_image(image, kind=kind, strength=bounded, seed=0)
        rest = shift_F - (describe_acquisition(measure_signals(image)) - before) / part.library.scale_F
        return float(rest @ rest)

    simplex = np.concatenate([np.zeros((1, len(kinds))), np.eye(len(kinds))])
    best = minimize(
        leave_over,
        np.zeros(len(kinds)),
        method="Nelder-Mead",
        options={"maxfev": 20 + 15 * len(kinds), "initial_simplex": simplex, "xatol": 0.02, "fatol": 1.0},
    )
    rest = float(np.sqrt(max(0.0, best.fun - noise))) / found.distance
    if rest >= found.rest:
        return found
    strengths = [start[kind.name] + at for kind, at in zip(kinds, best.x * steps, strict=True)]
    told = [
        (kind, float(np.clip(at, min(kind.strengths), max(kind.strengths))))
        for kind, at, step in zip(kinds, strengths, steps, strict=True)
        if abs(at - kind.neutral) > 0.25 * step
    ]
    return replace(
        found,
        rest=rest,
        kinds=tuple(kind.name for kind, _ in told),
        strengths=tuple(round(at, 3) for _, at in told),
        causes=tuple(dict.fromkeys(kind.cause for kind, _ in told)),
        words=" + ".join(kind.words.format(at) for kind, at in told),
    )


def _plan(found: SignatureMatch) -> dict[str, float]:
    """Return with which strengths the trials begin: those found, slanted kinds as their two parts."""
    plan = dict(zip(found.kinds, found.strengths, strict=True))
    for across, down, slants, beside in TOGETHER:
        if not {across, down, *slants, *beside} & plan.keys():
            continue
        falling, rising = (0.7 * plan.pop(name, 0.0) for name in slants)
        plan[across] = plan.get(across, 0.0) + falling + rising
        plan[down] = plan.get(down, 0.0) + falling - rising
        plan |= {name: plan.get(name, neutral) for name, neutral in beside.items()}
    return plan


@dataclass(frozen=True)
class Spot:
    """A place of the picture that lost light beside the rest: `light` is the change, -0.3 for 30 % less.

    `row`, `column`: the upper left of its nine cells of the 64.
    """

    row: int
    column: int
    light: float

    @property
    def words(self) -> str:
        """Return what a person reads.

        >>> Spot(2, 4, -0.31).words
        'a spot of -31% light, 69% from the left and 44% from the top'
        """
        left, top = (self.column + 1.5) / GRID, (self.row + 1.5) / GRID
        return f"a spot of {self.light:+.0%} light, {left:.0%} from the left and {top:.0%} from the top"


def find_golden_spot(before: Sequence[Signals], after: Sequence[Signals]) -> Spot | None:
    """Return the place that lost light beside the rest of the golden part; None when it is no spot.

    Nine neighbouring cells of the 64 must hold three quarters of the squared change of the light, which is
    taken as a ratio, so that a lamp that changed at the same time does not draw the part itself.
    """
    change = _change_of_light(before, after)
    beside = change - np.median(change)
    row, column, held = place_spot(beside**2)
    peak = float(beside.flat[int((beside**2).argmax())])
    if held < SPOT_HOLDS * float((beside**2).sum()) or peak > -SPOT_LIGHT:
        return None
    return Spot(row, column, round(float(np.expm1(peak)), 3))


def _change_of_light(before: Sequence[Signals], after: Sequence[Signals]) -> Floats:
    old, new = (np.mean([unpack_cells(one.cell_means) for one in side], axis=0) for side in (before, after))
    return np.asarray(np.log((new + 8) / (old + 8)))


def _beside(spot: Spot) -> NDArray[np.bool_]:
    """Return (8, 8): the cells that do not touch the spot."""
    kept = np.ones((GRID, GRID), dtype=bool)
    kept[max(0, spot.row - 1) : spot.row + 4, max(0, spot.column - 1) : spot.column + 4] = False
    return kept


def _brightness_beside(before: Sequence[Signals], after: Sequence[Signals], spot: Spot) -> float:
    old, new = (
        float(np.mean([unpack_cells(one.cell_means)[_beside(spot)] for one in side]))
        for side in (before, after)
    )
    return float(np.log10((new + 1) / (old + 1)))


def _keep(shifts_SF: Floats, kept: NDArray[np.bool_]) -> Floats:
    """Return shifts without what a spot moves: its cells, and numbers of the whole image but `ROBUST`."""
    found = np.zeros_like(shifts_SF)
    names = [NAMES.index(name) for name in ROBUST]
    found[:, names] = shifts_SF[:, names]
    for first in (len(NAMES), len(NAMES) + kept.size):
        cells = first + np.flatnonzero(kept.ravel())
        found[:, cells] = shifts_SF[:, cells] - shifts_SF[:, cells].mean(1, keepdims=True)
    return found


def _explain(
    shift_F: Floats, *, curves: Sequence[Curve], noise: float, tolerance: GoldenTolerance
) -> SignatureMatch:
    distance = float(np.sqrt(max(0.0, float(shift_F @ shift_F) - noise)))
    if distance < tolerance.moved:
        return SignatureMatch(False, distance, 0.0)

    def left_over(points: Sequence[Floats]) -> float:
        rest = shift_F - np.sum(points, axis=0)
        return float(np.sqrt(max(0.0, float(rest @ rest) - noise))) / distance

    chosen: list[Curve] = []
    strengths: list[float] = []
    rest = 1.0
    while len(chosen) < tolerance.most and (not chosen or rest > tolerance.well):
        best: tuple[float, list[Curve], list[float]] | None = None
        causes = {curve.cause for curve in chosen}
        for curve in curves:
            if curve.kind in {one.kind for one in chosen} or len(causes | {curve.cause}) > 2:
                continue
            fitted, points = _fit_together(shift_F, [*chosen, curve])
            left = left_over(points)
            gain = tolerance.same_gain if curve.cause in causes else tolerance.other_gain if chosen else 1.0
            smallest = min(float(np.linalg.norm(point)) for point in points)
            counts = not chosen or smallest >= tolerance.part * distance
            if left < gain * rest and counts and (best is None or left < best[0]):
                best = left, [*chosen, curve], fitted
        if best is None:
            break
        rest, chosen, strengths = best
    return SignatureMatch(
        moved=True,
        distance=distance,
        rest=rest,
        kinds=tuple(curve.kind for curve in chosen),
        strengths=tuple(round(strength, 3) for strength in strengths),
        causes=tuple(dict.fromkeys(curve.cause for curve in chosen)),
        words=" + ".join(curve.words.format(at) for curve, at in zip(chosen, strengths, strict=True)),
    )


def _fit_together(shift_F: Floats, curves: Sequence[Curve]) -> tuple[list[float], list[Floats]]:
    """Return strengths and points of curves that together lie near the shift, each moved in turn."""
    points: list[Floats] = [np.zeros(len(shift_F)) for _ in curves]
    strengths = [0.0] * len(curves)
    for _ in range(1 if len(curves) == 1 else 6):
        for at in reversed(range(len(curves))):
            others = np.sum(points, axis=0) - points[at]
            strengths[at], points[at], _ = nearest_point(shift_F - others, curves[at])
    return strengths, points
