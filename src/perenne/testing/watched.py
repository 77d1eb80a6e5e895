"""Inspected images as a watch sees them, written straight into a hub: thousands in a second, no camera.

Owns made-up records whose statistics a test decides: what is normal, what moves, from when on. Refuses to
run a model: image, signals and prediction are rows, as an inspection would have left them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import numpy as np
from sqlalchemy import insert, select

from perenne.hub.accounts import Actor
from perenne.hub.images import ImageRow, ImageSignalRow
from perenne.hub.models import ModelVersionRow
from perenne.hub.predictions import PredictionRow
from perenne.hub.sites import ProductRow, SiteRow, StationRow, create_product, create_site, create_station
from perenne.kit.hashing import sha256_hex
from perenne.kit.ids import new_id
from perenne.monitoring.record import pack_embedding
from perenne.quality.fingerprint import Fingerprint
from perenne.quality.signals import Signals
from perenne.testing.hubs import HubInProcess
from perenne.testing.plenty_images import id_at

NORMAL: dict[str, Any] = {
    "mean": (120.0, 4.0), "std": (40.0, 2.0), "p1": (12.0, 1.5), "p99": (230.0, 3.0),
    "dark_share": (0.002, 0.0005), "bright_share": (0.003, 0.0006), "entropy": (7.0, 0.1),
    "grey_levels": (0.98, 0.005), "log_laplacian": (2.1, 0.06), "log_noise": (0.4, 0.03),
    "detail_median": (0.5, 0.03), "detail_peak": (1.6, 0.05), "fine_detail": (0.2, 0.02),
    "middle_detail": (0.3, 0.02), "diagonal_detail": (0.25, 0.02), "blockiness": (0.05, 0.01),
    "resampling": (0.1, 0.02), "direction": (0.0, 0.02), "lab_a": (1.0, 0.3), "lab_b": (-2.0, 0.3),
}  # fmt: skip
"""Mean and spread of each acquisition signal where nothing is wrong."""
FINGERPRINT = {
    "container": "PNG", "size": "640x480", "bit_depth": 8, "mode": "RGB", "orientation": 1, "jpeg_tables": "",
    "jpeg_quality": 0, "subsampling": "", "progressive": False, "make": "Acme", "model": "C1",
    "software": "1.0", "icc": False, "rate": 12,
}  # fmt: skip
N_EMBEDDING = 16


@dataclass
class WatchedHub:
    """A hub with places and a model, and a way to put inspected images into it."""

    house: HubInProcess
    organisation: str = "acme"
    rng: np.random.Generator = field(default_factory=lambda: np.random.default_rng(4))
    at: datetime | None = None
    every: timedelta = timedelta(minutes=1)
    serial: int = 0

    @property
    def actor(self) -> Actor:
        """Who writes."""
        return self.house.actor(organisation=self.organisation)

    def add_place(self, site: str, *stations: str) -> None:
        """A site with stations is there."""
        with self.house.hub.database.transaction() as session:
            row = create_site(session, self.actor, slug=site, name=site.title())
            for station in stations or ("s1",):
                create_station(session, self.actor, site=row, slug=station, name=station)

    def add_product(self, slug: str) -> None:
        """A product is there."""
        with self.house.hub.database.transaction() as session:
            create_product(session, self.actor, slug=slug, name=slug)

    def add_model(self, name: str = "cells", number: int = 1) -> str:
        """Return the id of a model version that says good or bad; there is no artefact behind it."""
        row = ModelVersionRow(
            id=new_id("mod"),
            organisation_id=self.actor.organisation_id,
            name=name,
            number=number,
            problem="classification",
            classes=["good", "bad"],
            state="registered",
            manifest={"problem": "classification", "classes": ["good", "bad"]},
            metrics={},
            card="",
            artefact_sha256=sha256_hex(f"{name}:{number}".encode()),
            artefact_bytes=1,
            upload_sha256=sha256_hex(f"{name}:{number}".encode()),
            signed_by="",
            created_by="test",
            origin={},
        )
        with self.house.hub.database.transaction() as session:
            session.add(row)
        return row.id

    def inspect(
        self,
        site: str,
        count: int,
        *,
        model: str,
        station: str = "s1",
        product: str | None = None,
        moved: Mapping[str, float] | None = None,
        embedding: float = 0.0,
        bad: float = 0.1,
        fingerprint: Mapping[str, Any] | None = None,
        lots: Sequence[str] | None = None,
        part_id: str | None = None,
        still: bool = False,
        verdict: str = "accepted",
        measured: bool = True,
    ) -> list[str]:
        """Return the ids of `count` inspected images, one every `every` of the hub's clock.

        `moved` shifts acquisition signals, in spreads; `embedding` the embedding's first axis; `bad` is the
        rate of defects; `still` repeats one picture. Without `measured` they are from before
        anything was measured.
        """
        hub, actor = self.house.hub, self.actor
        with hub.database.reading() as session:
            place = session.scalar(
                select(SiteRow).where(SiteRow.slug == site, SiteRow.organisation_id == actor.organisation_id)
            )
            assert place is not None
            spot = session.scalar(
                select(StationRow).where(StationRow.site_id == place.id, StationRow.slug == station)
            )
            assert spot is not None
            thing = None
            if product is not None:
                thing = session.scalar(
                    select(ProductRow.id).where(
                        ProductRow.slug == product, ProductRow.organisation_id == actor.organisation_id
                    )
                )
        images, signals, predictions = [], [], []
        written = Fingerprint(**{**FINGERPRINT, **(fingerprint or {})}).to_json()
        for number in range(count):
            self.at = (self.at or self.house.clock.now()) + self.every
            self.serial += 1
            common = {"organisation_id": actor.organisation_id, "site_id": place.id, "station_id": spot.id}
            image_id = id_at("img", self.at, self.serial)
            lot = lots[number] if lots else None
            images.append(self._image(image_id, common, product_id=thing, lot=lot, part_id=part_id))
            signals.append(
                {
                    **common,
                    "image_id": image_id,
                    "fingerprint": written,
                    "signals": self._signals(moved or {}, picture="same" if still else image_id).to_json(),
                    "verdict": verdict,
                    "reasons": [],
                    "closeness_reasons": [],
                    "measured_at": self.at,
                }
            )
            said = self._prediction(image_id, common, model=model, shift=embedding, bad=bad)
            predictions.append(said if measured else {**said, "embedding": None, "signals": None})
        with hub.database.transaction() as session:
            session.execute(insert(ImageRow), images)
            if measured:
                session.execute(insert(ImageSignalRow), signals)
            session.execute(insert(PredictionRow), predictions)
        assert self.at is not None
        self.house.clock.at = max(self.house.clock.at, self.at)
        return [str(row["id"]) for row in images]

    def _image(
        self,
        image_id: str,
        common: Mapping[str, Any],
        *,
        product_id: str | None,
        lot: str | None,
        part_id: str | None,
    ) -> dict[str, Any]:
        return {
            **common,
            "id": image_id,
            "created_at": self.at,
            "sha256": sha256_hex(image_id.encode()),
            "kind": "capture",
            "format": "PNG",
            "width": 640,
            "height": 480,
            "orientation": 1,
            "bytes": 1000,
            "line_id": None,
            "product_id": product_id,
            "captured_at": self.at,
            "received_at": self.at,
            "taken_at": self.at,
            "part_id": part_id,
            "batch_id": lot,
            "context": {},
            "difference_hash": 0,
            "has_truth": False,
        }

    def _signals(self, moved: Mapping[str, float], *, picture: str) -> Signals:
        values: dict[str, Any] = {
            name: round(float(mean + spread * (self.rng.normal() + moved.get(name, 0.0))), 5)
            for name, (mean, spread) in NORMAL.items()
        }
        upper_left, upper_right, lower_left, lower_right = self.rng.normal(0.0, 0.02, 4).round(4).tolist()
        return Signals(
            **values,
            quadrants=(upper_left, upper_right, lower_left, lower_right),
            cell_means="",
            cell_spreads="",
            hash="0" * 16,
            picture=picture[-8:],
        )

    def _prediction(
        self, image_id: str, common: Mapping[str, Any], *, model: str, shift: float, bad: float
    ) -> dict[str, Any]:
        assert self.at is not None
        score = float(self.rng.beta(8, 2) if self.rng.random() < bad else self.rng.beta(2, 8))
        vector = self.rng.normal(size=N_EMBEDDING)
        vector[0] += shift
        return {
            **common,
            "id": id_at("ins", self.at, self.serial),
            "created_at": self.at,
            "image_id": image_id,
            "model_version_id": model,
            "deployment_id": "dep",
            "target": {"class": "bad" if score >= 0.5 else "good"},
            "decision": "fail" if score >= 0.5 else "pass",
            "thresholds": {},
            "latency_ms": {},
            "quality": None,
            "signals": {"fail_score": round(score, 5), "score_max": round(max(score, 1 - score), 5)},
            "embedding": pack_embedding(vector),
            "at": self.at,
        }
