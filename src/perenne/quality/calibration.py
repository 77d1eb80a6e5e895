"""Learning one station's gate and fingerprint from its own good images, one image at a time.

Owns the order in which images teach: shuffled by whoever gives them, faults made on the first of them only.
Refuses to choose the images: which ones are good, and how far back, is the caller's knowledge.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from perenne.quality.closeness import StationFingerprint, count_fingerprints
from perenne.quality.decoding import decode_admitted
from perenne.quality.faults import FAULTS, PROBES, probe_image, spoil_image
from perenne.quality.fingerprint import Fingerprint, read_fingerprint
from perenne.quality.limits import StationLimits, learn_limits
from perenne.quality.signals import Signals, measure_signals

Pixels = NDArray[np.uint8]
MOST_IMAGES = 900
MOST_SPOILED, FEWEST_SPOILED, MOST_PROBED = 200, 40, 100
_PIXELS_SPOILED = 200_000_000


@dataclass
class Calibration:
    """A calibration under way: `add` images in a random order, then `finish`."""

    seed: int = 0
    _good: list[Signals] = field(default_factory=list)
    _fingerprints: list[Fingerprint] = field(default_factory=list)
    _spoiled: dict[str, dict[int, Signals]] = field(default_factory=lambda: {fault: {} for fault in FAULTS})
    _probes: dict[str, dict[int, Signals]] = field(default_factory=lambda: {fault: {} for fault in PROBES})

    @property
    def n_images(self) -> int:
        """How many images were added."""
        return len(self._good)

    def add(self, data: bytes, *, max_pixels: int | None = None) -> None:
        """The station's gate will know this good image. Raises: ImageRefused."""
        admitted, pixels_HWC = (
            decode_admitted(data) if max_pixels is None else decode_admitted(data, max_pixels=max_pixels)
        )
        index = len(self._good)
        self._fingerprints.append(read_fingerprint(data, admitted))
        self._good.append(measure_signals(pixels_HWC))
        faulty = most_spoiled(pixels_HWC.shape[0] * pixels_HWC.shape[1])
        seed = self.seed + index
        if index < faulty:
            for fault, by_image in self._spoiled.items():
                by_image[index] = measure_signals(spoil_image(pixels_HWC, fault=fault, seed=seed))
        if index < min(faulty, MOST_PROBED):
            for fault, by_image in self._probes.items():
                by_image[index] = measure_signals(probe_image(pixels_HWC, fault=fault, seed=seed))

    def finish(self) -> tuple[StationLimits, StationFingerprint]:
        """Return limits and fingerprint of the station. Raises: TooFewImages below 30."""
        probes = {**self._spoiled, **self._probes}
        limits = learn_limits(self._good, spoiled=self._spoiled, probes=probes)
        return limits, count_fingerprints(self._fingerprints)


def most_spoiled(n_pixels: int) -> int:
    """Return on how many images faults are made: fewer where images are large, for time's sake.

    >>> most_spoiled(300 * 300), most_spoiled(12_000_000)
    (200, 40)
    """
    return max(FEWEST_SPOILED, min(MOST_SPOILED, _PIXELS_SPOILED // max(1, n_pixels)))


def calibrate_station(images: Iterable[bytes], *, seed: int = 0) -> tuple[StationLimits, StationFingerprint]:
    """Return limits and fingerprint of a station from the bytes of its good images, in a random order.

    About 40 ms of CPU for one of the first 100 images of 0.1 megapixels, 30 ms up to 200, 3 ms for every
    other one. Raises: ImageRefused, TooFewImages below 30.
    """
    calibration = Calibration(seed=seed)
    for data in images:
        calibration.add(data)
    return calibration.finish()
