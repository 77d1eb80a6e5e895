"""Plants whose production answers are held against labels of every stream."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from perenne.hub.images import ImageRow
from perenne.hub.models import Inspected, ModelVersionRow, Origin, register_model_version, sign_upload
from perenne.hub.predictions import record_prediction
from perenne.hub.review import match_waiting_truth
from perenne.kit.hashing import sha256_file, sha256_hex
from perenne.kit.ids import new_id
from perenne.runtime import read_artefact
from perenne.testing.hubs import HubInProcess, hub_in_process
from perenne.testing.tiny_models import tiny_classifier


@dataclass
class Fleet:
    """A hub with the sites lyon and graz, the schema `cells`, and what production says of made-up images."""

    house: HubInProcess
    http: TestClient
    folder: Path
    sites: dict[str, str] = field(default_factory=dict)
    stations: dict[str, str] = field(default_factory=dict)
    pushed: int = 0

    def add_model(
        self, name: str = "cells", *, make: Callable[..., Path] = tiny_classifier
    ) -> ModelVersionRow:
        """Register the next version of a model line."""
        path = make(self.folder / f"{name}.prn")
        actor, artefact = self.house.actor(), read_artefact(path)
        signed = sign_upload(self.house.hub, actor, path)
        with self.house.hub.database.transaction() as session:
            return register_model_version(
                session,
                self.house.hub,
                actor,
                signed=signed,
                upload_sha256=sha256_file(path),
                inspected=Inspected(artefact.manifest, artefact.card),
                origin=Origin(name=name),
            )

    def answer(
        self,
        site: str,
        model: ModelVersionRow,
        targets: list[dict[str, Any]],
        *,
        at: datetime | None = None,
        every: timedelta = timedelta(0),
        thresholds: dict[str, Any] | None = None,
        embeddings: list[bytes] | None = None,
        **context: Any,
    ) -> list[str]:
        """Record what production said of new images; return their ids."""
        hub, actor = self.house.hub, self.house.actor()
        start = at or self.house.clock.now()
        with hub.database.transaction() as session:
            images = [self._image(site, at=start, **context) for _ in targets]
            session.add_all(images)
            session.flush()
            match_waiting_truth(session, actor, images)
            for number, (image, target) in enumerate(zip(images, targets, strict=True)):
                record_prediction(
                    session,
                    actor,
                    prediction_id=new_id("ins"),
                    site_id=self.sites[site],
                    station_id=self.stations[site],
                    image_id=image.id,
                    reference_image_id=None,
                    model_version_id=model.id,
                    deployment_id="dep_none",
                    target=target,
                    decision="fail" if target.get("class") == "bad" or target.get("boxes") else "pass",
                    thresholds=thresholds or {"fail_at": 0.5, "fail_classes": ["bad"]},
                    latency_ms={},
                    at=start + number * every,
                    embedding=embeddings[number] if embeddings else None,
                )
        return [image.id for image in images]

    def _image(self, site: str, *, at: datetime, **context: Any) -> ImageRow:
        """Return an image that nobody looks at: performance never opens one."""
        self.pushed += 1
        return ImageRow(
            id=new_id("img"),
            organisation_id=self.house.organisations["acme"],
            sha256=sha256_hex(str(self.pushed).encode()),
            kind="capture",
            format="png",
            width=64,
            height=64,
            orientation=1,
            bytes=1000,
            site_id=self.sites[site],
            station_id=self.stations[site],
            received_at=at,
            taken_at=at,
            context={},
            difference_hash=self.pushed,
            **context,
        )

    def go_to(self, moment: datetime) -> None:
        """It is `moment` now; the token that was for a day is renewed."""
        self.house.clock.at = moment
        self.http = self.house.client()

    def label(self, images: list[str], truths: list[Any], *, schema: str = "cells", **body: Any) -> Any:
        """Give the truths of images: class names, or whole targets."""
        targets = [truth if isinstance(truth, dict) else {"class": truth} for truth in truths]
        items = [{"image_id": i, "target": t} for i, t in zip(images, targets, strict=True)]
        answer = self.http.post("/api/v1/ground-truth", json={"label_schema": schema, "items": items, **body})
        assert answer.status_code == 200, answer.text
        return answer.json()

    def get(self, path: str, **params: Any) -> Any:
        """Return the JSON below /api/v1, which must be there."""
        answer = self.http.get(f"/api/v1{path}", params=params)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def claim(self, site: str = "lyon", **body: Any) -> Any:
        """State a claim and return the HTTP answer."""
        asked = {"metric": "recall", "at_least": 0.9, "label_schema": "cells", "stream": "seeded", **body}
        return self.http.post(f"/api/v1/sites/{site}/claims", json=asked)


def said(bad: float) -> dict[str, Any]:
    """Return what a classifier says that gives `bad` this score."""
    return {"class": "bad" if bad >= 0.5 else "good", "scores": {"good": 1 - bad, "bad": bad}}


@pytest.fixture
def fleet(tmp_path: Path) -> Iterator[Fleet]:
    """Two plants, no model yet."""
    with hub_in_process(tmp_path / "data") as house:
        http = house.client()
        made = Fleet(house, http, tmp_path)
        for site in ("lyon", "graz"):
            body = {"slug": site, "name": site.title(), "time_zone": "Europe/Paris"}
            made.sites[site] = http.post("/api/v1/sites", json=body).json()["id"]
            station = {"slug": "s1", "name": "S1"}
            made.stations[site] = http.post(f"/api/v1/sites/{site}/stations", json=station).json()["id"]
        schemas = [("cells", "classification", ["good", "bad"]), ("spots", "detection", ["spot"])]
        for slug, problem, classes in schemas:
            schema = {"slug": slug, "name": slug.title(), "problem": problem, "classes": classes}
            assert http.post("/api/v1/label-schemas", json=schema).status_code == 201
        yield made
