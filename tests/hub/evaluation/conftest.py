"""Three plants whose truth follows the brightness: exactly, with errors, and in a few images only."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from fastapi.testclient import TestClient

from perenne.hub.images import Upload, ingest_images
from perenne.hub.models import Inspected, ModelVersionRow, Origin, register_model_version, sign_upload
from perenne.kit.hashing import sha256_file
from perenne.runtime import read_artefact
from perenne.testing.hubs import HubInProcess, hub_in_process
from perenne.testing.tiny_models import tiny_classifier
from perenne.wire.images import CaptureContext


def picture(grey: int, *, seed: int) -> bytes:
    """Return a PNG around `grey` that no other seed resembles."""
    coarse = grey + np.random.default_rng(seed).integers(-30, 30, (9, 9, 3))
    pixels = np.clip(coarse, 0, 255).astype(np.uint8)
    return bytes(cv2.imencode(".png", cv2.resize(pixels, (48, 48)))[1])


@dataclass
class Laboratory:
    """A hub with images, their truth, a frozen dataset version `cells:1` and the model line `cells`."""

    house: HubInProcess
    http: TestClient
    folder: Path

    def add_model(
        self,
        name: str = "cells",
        *,
        trained_on: str | None = None,
        base_model: str | None = None,
        **options: Any,
    ) -> ModelVersionRow:
        """Register the next version of a model line: a tiny classifier that looks at the brightness."""
        path = tiny_classifier(self.folder / f"{name}.prn", **options)
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
                origin=Origin(name=name, dataset_version_id=trained_on, base_model_id=base_model),
            )

    def fill(self, site: str, count: int, *, wrong_every: int = 0, seed: int = 0) -> None:
        """Push images of both classes in turn; every `wrong_every`th truth contradicts the brightness."""
        uploads = [
            Upload(
                picture((40, 215)[n % 2], seed=seed + n),
                CaptureContext(site=site, part_id=f"{site}-{n}"),
            )
            for n in range(count)
        ]
        hub, actor = self.house.hub, self.house.actor()
        with hub.database.transaction() as session:
            images = [o.image for o in ingest_images(session, hub, actor, uploads)]
        items = []
        for n, image in enumerate(images):
            assert image is not None
            bright = n % 2 == 1
            contradicts = bool(wrong_every) and n % wrong_every == 0
            items.append(
                {"image_id": image.id, "target": {"class": "bad" if bright != contradicts else "good"}}
            )
        answer = self.http.post("/api/v1/ground-truth", json={"label_schema": "cells", "items": items})
        assert answer.json()["accepted"] == count, answer.text

    def freeze(self, **body: Any) -> Any:
        """Freeze a version whose images are all test images."""
        split = {"by": "site", "test_sites": ["lyon", "lille", "turin"], "near_duplicates": "ignore"}
        answer = self.http.post("/api/v1/datasets/cells/versions", json={"split": split, **body})
        assert answer.status_code == 201, answer.text
        return answer.json()["version"]

    def evaluate(self, model: str = "cells", version: str = "cells", **body: Any) -> Any:
        """Ask for an evaluation and return the HTTP answer."""
        asked = {"model_version": model, "dataset_version": version, **body}
        return self.http.post("/api/v1/evaluations", json=asked)

    def get(self, path: str, **params: Any) -> Any:
        """Return the JSON below /api/v1, which must be there."""
        answer = self.http.get(f"/api/v1{path}", params=params)
        assert answer.status_code == 200, answer.text
        return answer.json()


@pytest.fixture
def laboratory(tmp_path: Path) -> Iterator[Laboratory]:
    """Lyon is right throughout, every third image of Lille contradicts the model, Turin has four images."""
    with hub_in_process(tmp_path / "data") as house:
        http = house.client()
        for site in ("lyon", "lille", "turin"):
            http.post("/api/v1/sites", json={"slug": site, "name": site.title()})
        schema = {"slug": "cells", "name": "Cells", "problem": "classification", "classes": ["good", "bad"]}
        assert http.post("/api/v1/label-schemas", json=schema).status_code == 201
        acceptance = {"metric": "accuracy", "at_least": 0.9}
        body = {"name": "Cells", "label_schema": "cells", "acceptance": acceptance}
        assert http.post("/api/v1/datasets", json=body).status_code == 201
        made = Laboratory(house, http, tmp_path)
        made.fill("lyon", 40)
        made.fill("lille", 45, wrong_every=3, seed=1000)
        made.fill("turin", 4, seed=2000)
        yield made
