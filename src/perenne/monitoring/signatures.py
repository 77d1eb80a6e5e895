"""Which fault of acquisition moves a station's signals like this, and how strong it is.

Owns the library of a station: mean signals of its own reference images, replayed through simulated changes
at several strengths, as curves through standardised space; and the search for the nearest point of a curve,
or of two curves added where two faults act at once. Refuses a name when what is left over is large: a
direction that no curve goes in is "moved, but unnamed".

Two windows of a healthy station differ by noise, known from the reference; larger differences must also be
explained to a share, for a simulated fault is never quite the real one.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from perenne.monitoring.acquisition_changes import KINDS, Kind, change_image
from perenne.quality.signals import Signals, measure_signals, unpack_cells

Floats = NDArray[np.float64]
Pixels = NDArray[np.uint8]

N_IMAGES = 16
FEWEST_REFERENCE, FEWEST_WINDOW = 30, 8
NAMES = (
    *("brightness", "contrast", "black level", "white level", "clipped dark", "clipped bright", "entropy"),
    *("grey levels", "sharpness", "noise", "detail where flat", "detail at edges", "fine detail"),
    *(
        "middle detail",
        "diagonal detail",
        "blockiness",
        "resampling",
        "direction",
        "red-green",
        "yellow-blue",
    ),
    *("detail upper left", "detail upper right", "detail lower left", "detail lower right"),
)
_FLOORS = (
    *(0.01, 0.01, 0.01, 0.01, 0.05, 0.05, 0.05, 0.02, 0.02, 0.02, 0.02, 0.02, 0.01, 0.01, 0.01, 0.01),
    *(0.03, 0.01, 0.2, 0.2, 0.01, 0.01, 0.01, 0.01),
)
_CELL_FLOORS = (1.0, 0.02)
SPOT_CAUSE, SPOT_SHARE, SPOT_GREY = "focus", 0.8, 4.0
"""A spot is dirt on the lens: the share of the shift that nine cells hold, and the least depth of one."""
_RELATIVE_NOISE = 0.05
"""Part of a shift that is never trusted: simulated faults are not quite real ones."""


@dataclass(frozen=True)
class Tolerance:
    """When a shift is one, when a curve explains it, and when a second curve is worth adding.

    `moved`: distance above noise. `rest`: largest share of the distance left over; `rest_of_small` for shifts
    below `small`, whose direction is less sure. `gain`: by how much a second kind must shrink the rest, where
    that is larger than `well`.
    """

    moved: float = 1.0
    rest: float = 0.7
    rest_of_small: float = 0.55
    small: float = 3.0
    well: float = 0.3
    gain: float = 0.6


@dataclass(frozen=True)
class SignatureMatch:
    """What moves signals like this. `distance`: how far they moved, less noise; `rest`: share left over.

    `kinds`, `strengths`, `causes`: of one fault or two, none where nothing fits; `words` says it.
    """

    moved: bool
    distance: float
    rest: float
    kinds: tuple[str, ...] = ()
    strengths: tuple[float, ...] = ()
    causes: tuple[str, ...] = ()
    words: str = ""


@dataclass(frozen=True, eq=False)
class Curve:
    """One kind of change: `strengths` ascend, `shifts_SF` are standardised, the row of the neutral is 0."""

    kind: str
    cause: str
    words: str
    strengths: tuple[float, ...]
    shifts_SF: Floats


@dataclass(frozen=True)
class SignatureLibrary:
    """The curves of one reference, and how its images vary: `white_FF` turns a shift into standard ones."""

    middle_F: Floats
    scale_F: Floats
    white_FF: Floats
    curves: tuple[Curve, ...]
    n_reference: int

    def to_json(self) -> str:
        """Return one line of JSON, some 200 KB."""
        return json.dumps(asdict(self), separators=(",", ":"), default=_round)

    @classmethod
    def from_json(cls, text: str) -> "SignatureLibrary":
        """Return the library that `to_json` wrote."""
        given: dict[str, Any] = json.loads(text)
        arrays = {name: np.array(given[name]) for name in ("middle_F", "scale_F", "white_FF")}
        curves = tuple(
            Curve(
                **{name: one[name] for name in ("kind", "cause", "words")},
                strengths=tuple(one["strengths"]),
                shifts_SF=np.array(one["shifts_SF"]),
            )
            for one in given["curves"]
        )
        return cls(curves=curves, n_reference=given["n_reference"], **arrays)

    def shift_of(self, window: Sequence[Signals], *, expected_F: Floats | None = None) -> Floats:
        """Return (F,): the mean of the window less that of the reference, in whitened units.

        `expected_F`: a mean to take instead of the reference's, in units of `describe_acquisition`.
        """
        values = np.array([describe_acquisition(one) for one in window])
        middle = self.middle_F if expected_F is None else expected_F
        return np.asarray(((values.mean(0) - middle) / self.scale_F) @ self.white_FF)


def describe_acquisition(signals: Signals) -> Floats:
    """Return (152,): the numbers of `NAMES` on scales where faults add up, then brightness and structure of
    the 8x8 cells, each beside the whole image.

    Raises: ValueError when the signals come without cells.
    """
    if not signals.cell_means:
        raise ValueError("Signatures need the grid of cells; these signals were kept without it.")
    s = signals
    tone = np.log10([s.mean + 1, s.std + 1, s.p1 + 4, s.p99 + 4, s.dark_share + 1e-3, s.bright_share + 1e-3])
    detail = [s.entropy, s.grey_levels, s.log_laplacian, s.log_noise, s.detail_median, s.detail_peak]
    scales = [s.fine_detail, s.middle_detail, s.diagonal_detail, s.blockiness, s.resampling, s.direction]
    means, spreads = unpack_cells(s.cell_means), np.log10(unpack_cells(s.cell_spreads) + 2)
    return np.concatenate(
        [
            *(tone, detail, scales, [s.lab_a, s.lab_b], s.quadrants),
            *((means - means.mean()).ravel(), (spreads - spreads.mean()).ravel()),
        ]
    )


def acquisition_scales() -> Floats:
    """Return (152,): how far each number of `describe_acquisition` moves without anybody taking note."""
    return np.concatenate([np.array(_FLOORS), np.full(64, _CELL_FLOORS[0]), np.full(64, _CELL_FLOORS[1])])


def learn_signatures(
    reference: Sequence[Signals], *, images: Sequence[Pixels], kinds: Sequence[Kind] = KINDS
) -> SignatureLibrary:
    """Return the library of a station from the signals of its reference and some of its images.

    `images`: RGB; the first 16 are replayed through every change, 8 to 15 s of CPU at 300 to 640 px.
    Raises: ValueError with fewer than 30 signals or without images.
    """
    if len(reference) < FEWEST_REFERENCE or not images:
        raise ValueError(
            f"Signatures are learnt from {FEWEST_REFERENCE} signals and an image; got {len(reference)} "
            f"and {len(images)}."
        )
    values = np.array([describe_acquisition(one) for one in reference])
    scale = np.sqrt(values.var(0) + acquisition_scales() ** 2)
    white = _whiten((values - values.mean(0)) / scale)
    replayed = images[:N_IMAGES]
    before = np.array([describe_acquisition(measure_signals(image)) for image in replayed])
    curves = [
        trace_curve(kind, images=replayed, before_NF=before, scale_F=scale, white_FF=white) for kind in kinds
    ]
    return SignatureLibrary(values.mean(0), scale, white, tuple(curves), len(reference))


def trace_curve(
    kind: Kind,
    *,
    images: Sequence[Pixels],
    before_NF: Floats,
    scale_F: Floats,
    white_FF: Floats | None = None,
) -> Curve:
    """Return how a kind of change moves the signals of these images, strength by strength.

    `before_NF`: what `describe_acquisition` says of them as they are. Not whitened without `white_FF`.
    """
    rows = []
    for strength in kind.strengths:
        if strength == kind.neutral:
            rows.append(np.zeros(len(scale_F)))
            continue
        row = _mean_change(images, kind, strength, before_NF) / scale_F
        rows.append(row if white_FF is None else row @ white_FF)
    return Curve(kind.name, kind.cause, kind.words, kind.strengths, np.array(rows))


def match_signature(
    window: Sequence[Signals],
    *,
    library: SignatureLibrary,
    expected_F: Floats | None = None,
    tolerance: Tolerance | None = None,
) -> SignatureMatch | None:
    """Return what moved the signals of the window; None for fewer than 8 images.

    `expected_F`: the mean signals to be expected where another prevalence of defects explains a part of the
    shift; it is held against whichever of the two means lies nearer. Assumes: images of the window vary as
    those of the reference do.
    """
    if len(window) < FEWEST_WINDOW:
        return None
    shift = library.shift_of(window)
    if expected_F is not None:
        beyond = library.shift_of(window, expected_F=expected_F)
        shift = min(shift, beyond, key=lambda one: float(one @ one))
    match = match_shift(shift, library=library, n_window=len(window), tolerance=tolerance)
    spot = find_spot(shift, library=library) if match.moved and not match.kinds else None
    if spot is None:
        return match
    beside = match_shift(
        _without_spot(shift, library=library), library=library, n_window=len(window), tolerance=tolerance
    )
    return replace(
        match,
        kinds=("spot", *beside.kinds),
        strengths=(spot[0], *beside.strengths),
        causes=tuple(dict.fromkeys((SPOT_CAUSE, *beside.causes))),
        words=" + ".join(words for words in (spot[1], beside.words) if words),
    )


def find_spot(shift_F: Floats, *, library: SignatureLibrary) -> tuple[float, str] | None:
    """Return how much darker or brighter one place of the image became, and where; None when it is no spot.

    A spot on the lens stays at one place, which may be anywhere: nine neighbouring cells of the 64 hold most
    of the squared shift of brightness then. Lines, shades and moved edges reach further.
    """
    cells = _unwhiten(shift_F, library)[len(NAMES) :][:64].reshape(8, 8)
    squares = (cells - np.median(cells)) ** 2
    row, column, held = place_spot(squares)
    peak = float(cells.flat[int(squares.argmax())] - np.median(cells))
    if held < SPOT_SHARE * squares.sum() or abs(peak) < SPOT_GREY:
        return None
    where = f"{(column + 1.5) / 8:.0%} from the left and {(row + 1.5) / 8:.0%} from the top"
    return round(peak, 1), f"a spot of {peak:+.0f} grey values, {where}"


def place_spot(squares: Floats) -> tuple[int, int, float]:
    """Return the upper left of the nine neighbouring cells that hold most, and what they hold."""
    sums = np.array([[squares[row : row + 3, at : at + 3].sum() for at in range(6)] for row in range(6)])
    row, column = (int(at) for at in np.unravel_index(int(sums.argmax()), sums.shape))
    return row, column, float(sums.max())


def _without_spot(shift_F: Floats, *, library: SignatureLibrary) -> Floats:
    """Return the shift with the cells at and around the spot as the others; the whole image keeps its own."""
    plain = _unwhiten(shift_F, library)
    grids = [plain[len(NAMES) :][at : at + 64].reshape(8, 8) for at in (0, 64)]
    row, column, _ = place_spot((grids[0] - np.median(grids[0])) ** 2)
    for grid in grids:
        grid[max(0, row - 1) : row + 4, max(0, column - 1) : column + 4] = np.median(grid)
        grid -= grid.mean()
    return np.asarray((plain / library.scale_F) @ library.white_FF)


def _unwhiten(shift_F: Floats, library: SignatureLibrary) -> Floats:
    return np.asarray(np.linalg.solve(library.white_FF.T, shift_F) * library.scale_F)


def match_shift(
    shift_F: Floats, *, library: SignatureLibrary, n_window: int, tolerance: Tolerance | None = None
) -> SignatureMatch:
    """Return the nearest kind, or two, to a whitened shift; none when it is too small or too far from all."""
    tolerance = tolerance or Tolerance()
    noise = len(shift_F) * (1 / n_window + 1 / library.n_reference)
    square = float(shift_F @ shift_F)
    distance = float(np.sqrt(max(0.0, square - noise)))
    spread = np.sqrt(2 / len(shift_F))
    if distance < tolerance.moved or square < noise * (1 + 4 * spread):
        return SignatureMatch(False, distance, 0.0)

    def left_over(rest_F: Floats) -> float:
        beyond = max(0.0, float(rest_F @ rest_F) - noise * (1 + 2 * spread))
        return float(np.sqrt(beyond) / distance)

    points = [nearest_point(shift_F, curve) for curve in library.curves]
    single = min(range(len(points)), key=lambda i: points[i][2])
    rest = left_over(shift_F - points[single][1])
    chosen = [(library.curves[single], points[single][0])]
    pair = _nearest_pair(shift_F, library.curves, first=_best_few(points))
    if pair is not None and rest > tolerance.well:
        rest_of_pair = left_over(shift_F - pair[0][2] - pair[1][2])
        if rest_of_pair < tolerance.gain * rest and _both_count(pair, distance):
            chosen, rest = [(curve, strength) for curve, strength, _ in pair], rest_of_pair
    if rest > (tolerance.rest if distance >= tolerance.small else tolerance.rest_of_small):
        return SignatureMatch(True, distance, rest)
    return SignatureMatch(
        moved=True,
        distance=distance,
        rest=rest,
        kinds=tuple(curve.kind for curve, _ in chosen),
        strengths=tuple(round(strength, 3) for _, strength in chosen),
        causes=tuple(dict.fromkeys(curve.cause for curve, _ in chosen)),
        words=" + ".join(curve.words.format(strength) for curve, strength in chosen),
    )


Part = tuple[Curve, float, Floats]


def _best_few(points: Sequence[tuple[float, Floats, float]], few: int = 6) -> list[int]:
    return sorted(range(len(points)), key=lambda i: points[i][2])[:few]


def _nearest_pair(
    shift_F: Floats, curves: Sequence[Curve], *, first: Sequence[int]
) -> tuple[Part, Part] | None:
    """Return the two curves whose points add up nearest to the shift; one of them is among `first`."""
    best: tuple[float, Part, Part] | None = None
    for i in first:
        for j, other in enumerate(curves):
            if j == i or (j in first and j < i):
                continue
            at, point, _ = nearest_point(shift_F, curves[i])
            for _ in range(4):
                other_at, other_point, _ = nearest_point(shift_F - point, other)
                at, point, _ = nearest_point(shift_F - other_point, curves[i])
            rest = shift_F - point - other_point
            square = float(rest @ rest)
            if best is None or square < best[0]:
                best = square, (curves[i], at, point), (other, other_at, other_point)
    return None if best is None else (best[1], best[2])


def _both_count(pair: tuple[Part, Part], distance: float) -> bool:
    return all(float(np.linalg.norm(point)) > 0.25 * distance for _, _, point in pair)


def nearest_point(shift_F: Floats, curve: Curve) -> tuple[float, Floats, float]:
    """Return strength, point and squared distance of the point of the curve that lies nearest."""
    starts, steps = curve.shifts_SF[:-1], np.diff(curve.shifts_SF, axis=0)
    lengths = np.maximum((steps**2).sum(1), 1e-12)
    parts = np.clip(((shift_F - starts) * steps).sum(1) / lengths, 0, 1)
    points = starts + parts[:, None] * steps
    squares = ((shift_F - points) ** 2).sum(1)
    at = int(squares.argmin())
    strength = curve.strengths[at] + parts[at] * (curve.strengths[at + 1] - curve.strengths[at])
    return float(strength), points[at], float(squares[at])


def _mean_change(images: Sequence[Pixels], kind: Kind, strength: float, before_NF: Floats) -> Floats:
    after = [
        describe_acquisition(measure_signals(change_image(image, kind=kind, strength=strength, seed=seed)))
        for seed, image in enumerate(images)
    ]
    return np.asarray((np.array(after) - before_NF).mean(0))


def _whiten(values_NF: Floats) -> Floats:
    """Return the (F, F) root of the inverse covariance, shrunk, so that no direction counts without bound."""
    from sklearn.covariance import ledoit_wolf

    covariance, _ = ledoit_wolf(values_NF)
    sizes, axes = np.linalg.eigh(covariance)
    return np.asarray(axes / np.sqrt(np.maximum(sizes, _RELATIVE_NOISE)) @ axes.T)


def _round(array: Floats) -> list[Any]:
    return [_round(row) if row.ndim else float(f"{row:.4g}") for row in array]
