"""Records of a simulated station: what a camera, a model and a line write, without a pixel."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from perenne.monitoring import ImageRecord, pack_embedding
from perenne.quality.fingerprint import Fingerprint
from perenne.quality.signals import Signals, measure_signals

FINGERPRINT = Fingerprint(
    container="JPEG",
    size="640x480",
    bit_depth=8,
    mode="RGB",
    orientation=1,
    jpeg_tables="a1b2c3",
    jpeg_quality=92,
    subsampling="4:2:0",
    progressive=False,
    make="Acme",
    model="C-1",
    software="",
    icc=False,
    rate=8,
)
START = datetime(2026, 1, 5, tzinfo=UTC)
MakeRecords = Callable[..., list[ImageRecord]]


@pytest.fixture(scope="session")
def signals() -> Signals:
    picture = np.random.default_rng(0).integers(60, 190, (64, 64, 3), dtype=np.uint8)
    return measure_signals(picture)


@pytest.fixture(scope="session")
def make_records(signals: Signals) -> MakeRecords:
    def make(
        n: int,
        *,
        seed: int,
        noise: float = 0.0,
        embedding: float = 0.0,
        defects: float = 0.1,
        lot_size: int | None = None,
        lot_spread: float = 0.0,
        name: str = "img",
    ) -> list[ImageRecord]:
        """Return `n` records; shifts are in spreads of the reference, `defects` is the share that fails."""
        rng = np.random.default_rng(seed)
        lots = np.arange(n) // lot_size if lot_size else np.arange(n)
        of_lot = lot_spread * rng.normal(size=int(lots.max()) + 1)[lots]
        made = []
        for at in range(n):
            score = float(rng.beta(8, 2) if rng.random() < defects else rng.beta(2, 8))
            made.append(
                ImageRecord(
                    image_id=f"{name}-{seed}-{at:05d}",
                    at=START + timedelta(seconds=at),
                    lot=f"lot-{seed}-{lots[at]}" if lot_size else None,
                    fingerprint=replace(FINGERPRINT, rate=int(rng.integers(6, 10))),
                    signals=replace(
                        signals,
                        mean=round(float(100 + 5 * (rng.normal() + of_lot[at])), 4),
                        detail_median=round(float(rng.normal() + noise + of_lot[at]), 4),
                        log_laplacian=round(float(rng.normal()), 4),
                        picture=f"{rng.integers(2**32):08x}",
                    ),
                    embedding=pack_embedding(rng.normal(size=12) + embedding),
                    predicted={
                        "fail_score": round(float(score), 5),
                        "score_max": round(max(score, 1 - score), 5),
                    },
                    decision="fail" if score > 0.5 else "pass",
                )
            )
        return made

    return make
