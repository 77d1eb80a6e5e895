"""A hub with two plants whose images have truth: where datasets, runs and models begin in a test.

Owns made-up images that no other resembles, and the few calls by which a test gets to a frozen version.
Refuses to be clever: whatever a test is about, it says itself.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from fastapi.testclient import TestClient

from perenne.testing.hubs import HubInProcess, hub_in_process


def picture(seed: int) -> bytes:
    """Return a PNG that no other seed resembles."""
    coarse = np.random.default_rng(seed).integers(0, 255, (9, 9, 3), dtype=np.uint8)
    return bytes(cv2.imencode(".png", cv2.resize(coarse, (48, 48), interpolation=cv2.INTER_CUBIC))[1])


@dataclass
class Works:
    """A hub whose administrator is signed in, with sites, label schema and dataset `cells`."""

    house: HubInProcess
    http: TestClient
    pushed: int = field(default=0)

    def push(
        self, site: str, *, truth: str | None = "good", data: bytes | None = None, **context: Any
    ) -> str:
        """Push one image, with its truth, and return its id."""
        self.pushed += 1
        query = {"site": site, **context}
        answer = self.http.post(
            "/api/v1/images",
            content=data or picture(self.pushed),
            params=query,
            headers={"content-type": "image/png"},
        )
        assert answer.status_code in (200, 201), answer.text
        image_id = str(answer.json()["image"]["id"])
        if truth is not None:
            self.say(image_id, truth)
        return image_id

    def say(self, image_id: str, truth: str) -> None:
        """Give the truth of an image."""
        body = {"label_schema": "cells", "items": [{"image_id": image_id, "target": {"class": truth}}]}
        answer = self.http.post("/api/v1/ground-truth", json=body)
        assert answer.status_code < 300, answer.text

    def fill(self, site: str, count: int, **context: Any) -> list[str]:
        """Push images of both classes in turn."""
        return [self.push(site, truth=("good", "bad")[n % 2], **context) for n in range(count)]

    def freeze(self, **body: Any) -> Any:
        """Freeze and return the HTTP answer."""
        return self.http.post("/api/v1/datasets/cells/versions", json=body)

    def get(self, path: str, **params: Any) -> Any:
        """Return the JSON below /api/v1, which must be there."""
        answer = self.http.get(f"/api/v1{path}", params=params)
        assert answer.status_code == 200, answer.text
        return answer.json()


@contextmanager
def works_in_process(folder: Path, *, database_url: str = "", blobs_url: str = "") -> Iterator[Works]:
    """Yield a fresh hub in `folder` with the sites lyon and graz, schema and dataset `cells`, no images."""
    with hub_in_process(folder, database_url=database_url, blobs_url=blobs_url) as house:
        http = house.client()
        for site in ("lyon", "graz"):
            http.post("/api/v1/sites", json={"slug": site, "name": site.title()})
        schema = {"slug": "cells", "name": "Cells", "problem": "classification", "classes": ["good", "bad"]}
        assert http.post("/api/v1/label-schemas", json=schema).status_code == 201
        acceptance = {"metric": "balanced_accuracy", "at_least": 0.85}
        body = {"name": "Cells", "label_schema": "cells", "acceptance": acceptance}
        assert http.post("/api/v1/datasets", json=body).status_code == 201
        yield Works(house, http)
