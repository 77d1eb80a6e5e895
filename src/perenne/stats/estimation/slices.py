"""Where errors gather: parts of the images ranked by their share of all errors beyond their share of images.

Owns the making of slices from attributes, and intervals that hold for all of them at once. Refuses slices too
small to say anything, and a random state of its own: the generator is an argument.

Looking at many slices finds a bad one by chance. So all intervals hold together: the half width of each is
the same number of its own standard errors, and that number is the 95 % point of the largest deviation of any
slice over the bootstrap (the single-step "max t" of Romano and Wolf). It grows slowly with the number of
slices, and less where slices overlap, which Bonferroni's does not know.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from perenne.stats.estimation.bootstrap import MIN_GROUPS, groups_to_indices
from perenne.stats.estimation.interval import TooFew, expanded_percentile

Floats = NDArray[np.float64]
Members = Sequence[NDArray[np.bool_]]
MIN_ERRORS = 5
MIN_SLICE_IMAGES = 20
MIN_SLICE_GROUPS = 5
MOST_SLICES = 500
MOST_VALUES = 60
DEFAULT_BINS = 4


@dataclass(frozen=True)
class SliceFinding:
    """One slice: `where` names attribute and value, one pair or two.

    `lost` is its share of all loss minus its share of images, with an interval that holds for all slices
    tested together; `rate` is its mean loss with an interval of its own, `elsewhere` that of all the others.
    """

    where: tuple[tuple[str, str], ...]
    n: int
    n_groups: int
    loss: float
    lost: float
    lost_low: float
    lost_high: float
    rate: float
    rate_low: float
    rate_high: float
    elsewhere: float

    @property
    def is_shown(self) -> bool:
        """Whether more than chance is needed to explain the slice."""
        return self.lost_low > 0


@dataclass(frozen=True)
class SliceScan:
    """All slices tested, the surest loss first; `width` is the common half width in standard errors."""

    slices: tuple[SliceFinding, ...]
    n: int
    n_groups: int
    loss: float
    width: float
    confidence: float

    @property
    def n_tested(self) -> int:
        """How many slices the intervals answer for together."""
        return len(self.slices)


def find_error_slices(
    losses: Sequence[float] | Floats,
    *,
    groups: Sequence[str],
    attributes: Mapping[str, Sequence[str | None]],
    rng: np.random.Generator,
    pairs: bool = False,
    n_boot: int = 1000,
    confidence: float = 0.95,
    min_images: int = MIN_SLICE_IMAGES,
) -> SliceScan | TooFew:
    """Return every slice that is large enough, by the lower end of what is lost there, or TooFew.

    `losses`: one per image, 0 or 1 or any size >= 0. `attributes`: for each name the value of each image;
    None: not known, such images are in no slice of it. A slice needs `min_images` images of 5 groups, and
    so do the others. With `pairs`, slices of two attributes are tested as well.
    Assumes: groups are exchangeable and independent. Error budget: all intervals cover at once in at least
    93 % of cases from 60 groups and 20 errors on (tested; 98-100 % where errors are rare).
    Source: J. Romano, M. Wolf, "Exact and approximate stepdown methods for multiple hypothesis testing",
    JASA 100 (2005).
    Raises: ValueError when lengths differ, or a loss is negative or not finite.

    >>> sites = ["lyon"] * 40 + ["gent"] * 40
    >>> losses = [1.0] * 20 + [0.0] * 20 + [1.0] * 4 + [0.0] * 36
    >>> scan = find_error_slices(
    ...     losses, groups=[str(i) for i in range(80)], attributes={"site": sites},
    ...     rng=np.random.default_rng(0))
    >>> worst = scan.slices[0]
    >>> worst.where, worst.rate, worst.elsewhere, round(worst.lost, 3), worst.is_shown
    ((('site', 'lyon'),), 0.5, 0.1, 0.333, True)
    """
    losses_N = _checked(losses, groups, attributes)
    group_N = groups_to_indices(groups)
    n, n_groups = len(losses_N), int(group_N.max()) + 1 if len(group_N) else 0
    few = _shortage(losses_N, n, n_groups)
    if few is not None:
        return few
    wheres, members_SN = _make_slices(attributes, group_N, min_images=min_images, pairs=pairs)
    if not wheres:
        return TooFew(unit="images in any slice", needed=min_images, got=0, n=n, n_groups=n_groups)
    sums = _GroupSums.of(losses_N, members_SN, group_N)
    lost_1S, rate_1S = sums.shares(np.ones((1, n_groups)))
    drawn_BG = rng.multinomial(n_groups, np.full(n_groups, 1 / n_groups), size=n_boot).astype(np.float64)
    lost_BS, rate_BS = sums.shares(drawn_BG)
    floor_S = sums.errors_by_chance(losses_N)
    errors_S, width = _simultaneous(lost_BS, lost_1S[0], floor_S, n_groups, confidence)
    found = []
    for s, (where, member_N) in enumerate(zip(wheres, members_SN, strict=True)):
        lost, half, rate = float(lost_1S[0, s]), width * float(errors_S[s]), float(rate_1S[0, s])
        slice_groups = int((sums.images_GS[:, s] > 0).sum())
        rates = rate_BS[:, s][np.isfinite(rate_BS[:, s])]
        low, high = expanded_percentile(rates, n_groups=slice_groups, confidence=confidence)
        found.append(
            SliceFinding(
                where=where,
                n=int(member_N.sum()),
                n_groups=slice_groups,
                loss=float(losses_N[member_N].sum()),
                lost=lost,
                lost_low=max(-1.0, lost - half),
                lost_high=min(1.0, lost + half),
                rate=rate,
                rate_low=min(low, rate),
                rate_high=max(high, rate),
                elsewhere=float(losses_N[~member_N].mean()),
            )
        )
    found.sort(key=lambda one: (-one.lost_low, -one.lost, one.where))
    return SliceScan(tuple(found), n, n_groups, float(losses_N.sum()), width, confidence)


def cut_quantiles(values: Sequence[float | None], *, n_bins: int = DEFAULT_BINS) -> list[str | None]:
    """Return for each number the name of its bin: bins hold about as many numbers each; None stays None.

    Equal numbers share a bin, so that there may be fewer bins than asked for; one bin is no attribute: None.

    >>> cut_quantiles([1, 2, 3, 4, None, 5, 6, 7, 8], n_bins=2)
    ['<= 4', '<= 4', '<= 4', '<= 4', None, '> 4', '> 4', '> 4', '> 4']
    """
    known = np.array([value for value in values if value is not None and math.isfinite(value)])
    if known.size == 0:
        return [None] * len(values)
    wanted = np.quantile(known, np.arange(1, n_bins) / n_bins, method="lower")
    edges = [edge for edge in np.unique(wanted).tolist() if edge < known.max()]
    if not edges:
        return [None] * len(values)
    names = [_bin_name(edges, i) for i in range(len(edges) + 1)]
    return [
        None if value is None or not math.isfinite(value) else names[int(np.searchsorted(edges, value))]
        for value in values
    ]


def _bin_name(edges: Sequence[float], i: int) -> str:
    if i == 0:
        return f"<= {edges[0]:.4g}"
    return f"> {edges[-1]:.4g}" if i == len(edges) else f"{edges[i - 1]:.4g} to {edges[i]:.4g}"


@dataclass(frozen=True)
class _GroupSums:
    """Images and losses of S slices, and of everything, summed by group: all that resampling needs."""

    images_GS: Floats
    loss_GS: Floats
    images_G: Floats
    loss_G: Floats

    @classmethod
    def of(cls, losses_N: Floats, members_SN: Members, group_N: NDArray[np.intp]) -> "_GroupSums":
        n_groups = int(group_N.max()) + 1
        images_SG = np.empty((len(members_SN), n_groups))
        loss_SG = np.empty((len(members_SN), n_groups))
        for s, member_N in enumerate(members_SN):
            inside = group_N[member_N]
            images_SG[s] = np.bincount(inside, minlength=n_groups)
            loss_SG[s] = np.bincount(inside, weights=losses_N[member_N], minlength=n_groups)
        images_G = np.bincount(group_N).astype(np.float64)
        loss_G = np.bincount(group_N, weights=losses_N).astype(np.float64)
        return cls(images_SG.T, loss_SG.T, images_G, loss_G)

    def shares(self, weights_BG: Floats) -> tuple[Floats, Floats]:
        """Return for B weightings share of loss beyond share of images, and mean loss, both (B, S)."""
        images_BS, loss_BS = weights_BG @ self.images_GS, weights_BG @ self.loss_GS
        images_B, loss_B = weights_BG @ self.images_G, weights_BG @ self.loss_G
        with np.errstate(invalid="ignore", divide="ignore"):
            return loss_BS / loss_B[:, None] - images_BS / images_B[:, None], loss_BS / images_BS

    def errors_by_chance(self, losses_N: Floats) -> Floats:
        """Return (S,) standard errors of what is lost if errors fell alike on all images.

        Images of one group are alike as far as losses show (intraclass correlation, moments).
        """
        n = float(self.images_G.sum())
        mean = float(losses_N.mean())
        surplus_G = self.loss_G / mean - self.images_G
        spread = float(((losses_N / mean - 1) ** 2).sum())
        more_pairs = float((self.images_G**2).sum()) - n
        alike = (float((surplus_G**2).sum()) - spread) / (spread / n * more_pairs) if more_pairs else 0.0
        alike = min(1.0, max(0.0, alike))
        share_S = self.images_GS.sum(0) / n
        by_group_S = ((self.images_GS - share_S * self.images_G[:, None]) ** 2).sum(0)
        by_image_S = n * share_S * (1 - share_S)
        return np.asarray(np.sqrt(spread / n * ((1 - alike) * by_image_S + alike * by_group_S)) / n)


def _simultaneous(
    lost_BS: Floats, lost_S: Floats, floor_S: Floats, n_groups: int, confidence: float
) -> tuple[Floats, float]:
    """Return the standard error of each slice and how many of them make all intervals hold at once.

    A slice that happens to hold no error shows no spread when resampled; `floor_S` is its least error.
    """
    from scipy.special import ndtri, stdtrit

    drawn_BS = lost_BS[np.isfinite(lost_BS).all(1)]
    errors_S = np.maximum(drawn_BS.std(0, ddof=1), floor_S)
    largest_B = (np.abs(drawn_BS - lost_S) / np.where(errors_S > 0, errors_S, np.inf)).max(1)
    few_groups = float(stdtrit(n_groups - 1, 0.5 + confidence / 2) / ndtri(0.5 + confidence / 2))
    widened = few_groups * math.sqrt(n_groups / (n_groups - 1))
    return errors_S, float(np.quantile(largest_B, confidence)) * widened


def _make_slices(
    attributes: Mapping[str, Sequence[str | None]],
    group_N: NDArray[np.intp],
    *,
    min_images: int,
    pairs: bool,
) -> tuple[list[tuple[tuple[str, str], ...]], Members]:
    """Return the names of the slices that are large enough, and for each which images are in it."""
    single: list[tuple[tuple[tuple[str, str], ...], NDArray[np.bool_]]] = []
    for name in sorted(attributes):
        values = np.asarray(["\0" if v is None else v for v in attributes[name]], dtype=str)
        present, counts = np.unique(values[values != "\0"], return_counts=True)
        for value in present[np.argsort(-counts, kind="stable")][:MOST_VALUES].tolist():
            member_N = values == value
            if _is_large_enough(member_N, group_N, min_images):
                single.append((((name, value),), member_N))
    chosen = list(single)
    if pairs:
        for (first, a_N), (second, b_N) in combinations(single, 2):
            both_N = a_N & b_N
            differs = first[0][0] != second[0][0] and both_N.sum() < min(a_N.sum(), b_N.sum())
            if differs and len(chosen) < MOST_SLICES and _is_large_enough(both_N, group_N, min_images):
                chosen.append((first + second, both_N))
    return [where for where, _ in chosen], [member_N for _, member_N in chosen]


def _is_large_enough(member_N: NDArray[np.bool_], group_N: NDArray[np.intp], min_images: int) -> bool:
    """Return whether slice and rest hold enough images, the slice enough groups."""
    n = int(member_N.sum())
    large = n >= min_images and len(member_N) - n >= min_images
    return large and len(np.unique(group_N[member_N])) >= MIN_SLICE_GROUPS


def _checked(
    losses: Sequence[float] | Floats, groups: Sequence[str], attributes: Mapping[str, Sequence[str | None]]
) -> Floats:
    losses_N = np.asarray(losses, dtype=np.float64).reshape(-1)
    lengths = {"groups": len(groups), **{name: len(values) for name, values in attributes.items()}}
    for name, length in lengths.items():
        if length != len(losses_N):
            raise ValueError(f"{len(losses_N)} losses need as many {name}; got {length}")
    if not np.isfinite(losses_N).all() or (losses_N < 0).any():
        raise ValueError("losses must be finite and at least 0")
    return losses_N


def _shortage(losses_N: Floats, n: int, n_groups: int) -> TooFew | None:
    if n_groups < max(MIN_GROUPS, 2 * MIN_SLICE_GROUPS):
        return TooFew(unit="groups", needed=2 * MIN_SLICE_GROUPS, got=n_groups, n=n, n_groups=n_groups)
    n_errors = int((losses_N > 0).sum())
    if n_errors < MIN_ERRORS:
        return TooFew(unit="errors", needed=MIN_ERRORS, got=n_errors, n=n, n_groups=n_groups)
    return None
