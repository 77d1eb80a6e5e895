"""Which images show nearly the same picture: difference hashes propose, thumbnails confirm.

Owns the search for candidates and the finer comparison. Refuses to call two images near-duplicates on the
difference hash alone: pictures of one kind of part (cells, boards) share it without being the same.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from numpy.typing import NDArray

THUMBNAIL_SIDE = 64
MAX_MEAN_DIFFERENCE = 3.0
MAX_LOCAL_DIFFERENCE = 24.0
MAX_LEADERS = 20_000
MAX_COMPARED = 200
FEW = 64


def make_thumbnail(image_HWC: "NDArray[Any]") -> "NDArray[Any]":
    """Return the picture as 64 x 64 grey values, uint8."""
    import cv2
    import numpy as np

    grey = cv2.cvtColor(image_HWC, cv2.COLOR_RGB2GRAY)
    size = (THUMBNAIL_SIDE, THUMBNAIL_SIDE)
    return np.asarray(cv2.resize(grey, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)


def pictures_agree(one: "NDArray[Any]", others_NHW: "NDArray[Any]") -> "NDArray[Any]":
    """Say for each of `others_NHW` whether it is the same picture as `one`, brightness aside.

    Same: after levelling the means, thumbnails differ by at most 3 grey levels on average and nowhere by
    more than 24 (a defect of some size is a difference; compression and noise are not).
    """
    import numpy as np

    pictures_NHW = others_NHW.astype(np.float32) - one.astype(np.float32)
    difference = np.abs(pictures_NHW - pictures_NHW.mean(axis=(1, 2), keepdims=True))
    mean_ok = difference.mean(axis=(1, 2)) <= MAX_MEAN_DIFFERENCE
    return np.asarray(mean_ok & (difference.max(axis=(1, 2)) <= MAX_LOCAL_DIFFERENCE))


def find_near_duplicates(
    fingerprints: Sequence[int | None],
    *,
    bits: int,
    ties: Sequence[int],
    thumbnail: Callable[[int], "NDArray[Any] | None"],
) -> list[tuple[int, int]]:
    """Return pairs of near-duplicates among images that nothing else ties yet.

    `fingerprints` are 64-bit difference hashes (None: unknown, never a pair); pairs differ in at most `bits`
    of them and their thumbnails agree. `thumbnail(index)` is asked only for the candidates.
    """
    hashes = [(value or 0) % 2**64 for value in fingerprints]
    pairs: list[tuple[int, int]] = []
    seen: set[tuple[int, int]] = set()
    for bucket in candidate_buckets(fingerprints, bits=bits):
        if len({ties[i] for i in bucket}) < 2:
            continue
        for pair in _lead(bucket, hashes, bits, ties, thumbnail):
            if pair not in seen:
                seen.add(pair)
                pairs.append(pair)
    return pairs


def candidate_buckets(fingerprints: Sequence[int | None], *, bits: int) -> Iterable[list[int]]:
    """Yield lists of images that share enough of the hash to be within `bits` of each other.

    With at most 3 differing bits, one of the four 16-bit quarters is equal.
    """
    masks = [(0xFFFF << shift) for shift in (0, 16, 32, 48)] if bits else [2**64 - 1]
    for mask in masks:
        buckets: dict[int, list[int]] = defaultdict(list)
        for index, fingerprint in enumerate(fingerprints):
            if fingerprint is not None:
                buckets[(fingerprint % 2**64) & mask].append(index)
        yield from (bucket for bucket in buckets.values() if len(bucket) > 1)


def _lead(
    bucket: Sequence[int],
    hashes: Sequence[int],
    bits: int,
    ties: Sequence[int],
    thumbnail: Callable[[int], "NDArray[Any] | None"],
) -> Iterable[tuple[int, int]]:
    """Yield (leader, follower): an image follows the leaders it agrees with, or becomes one itself."""
    leaders = _Leaders(hashes, ties) if len(bucket) <= FEW else _ManyLeaders(hashes, ties, len(bucket))
    for index in bucket:
        close = leaders.close_to(index, bits)
        agreeing = _agreeing(index, close, thumbnail) if close else []
        yield from ((leader, index) for leader in agreeing)
        if not agreeing:
            leaders.add(index)


class _Leaders:
    """Images to which later ones are compared; fastest for a few."""

    def __init__(self, hashes: Sequence[int], ties: Sequence[int]) -> None:
        self.hashes, self.ties = hashes, ties
        self.found: list[int] = []

    def add(self, index: int) -> None:
        self.found.append(index)

    def close_to(self, index: int, bits: int) -> list[int]:
        """Return the leaders of other ties within `bits` of the image."""
        one, tie = self.hashes[index], self.ties[index]
        return [i for i in self.found if self.ties[i] != tie and (self.hashes[i] ^ one).bit_count() <= bits]


class _ManyLeaders(_Leaders):
    """The same for many, compared all at once; at most 20,000 lead."""

    def __init__(self, hashes: Sequence[int], ties: Sequence[int], count: int) -> None:
        import numpy as np

        super().__init__(hashes, ties)
        self.hashes_L = np.empty(min(count, MAX_LEADERS), dtype=np.uint64)
        self.ties_L = np.empty(len(self.hashes_L), dtype=np.int64)

    def add(self, index: int) -> None:
        n = len(self.found)
        if n < MAX_LEADERS:
            self.hashes_L[n], self.ties_L[n] = self.hashes[index], self.ties[index]
            self.found.append(index)

    def close_to(self, index: int, bits: int) -> list[int]:
        import numpy as np

        n = len(self.found)
        differing = self.hashes_L[:n] ^ np.uint64(self.hashes[index])
        near = (_bit_count(differing) <= bits) & (self.ties_L[:n] != self.ties[index])
        return [self.found[k] for k in np.flatnonzero(near)[:MAX_COMPARED]]


def _agreeing(
    index: int, close: Sequence[int], thumbnail: Callable[[int], "NDArray[Any] | None"]
) -> list[int]:
    import numpy as np

    picture = thumbnail(index)
    others = [(leader, shown) for leader in close if (shown := thumbnail(leader)) is not None]
    if picture is None or not others:
        return []
    verdicts = pictures_agree(picture, np.stack([shown for _, shown in others]))
    return [leader for (leader, _), agrees in zip(others, verdicts, strict=True) if agrees]


def _bit_count(values: "NDArray[Any]") -> "NDArray[Any]":
    import numpy as np

    return np.asarray(np.unpackbits(values.view(np.uint8).reshape(-1, 8), axis=1).sum(axis=1))
