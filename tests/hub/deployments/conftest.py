"""A hub with sites, stations and tiny models, for deployments and inspections."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fastapi.testclient import TestClient

from perenne.hub.models import Inspected, ModelVersionRow, Origin, register_model_version, sign_upload
from perenne.kit.hashing import sha256_file
from perenne.kit.ids import new_id
from perenne.runtime import read_artefact
from perenne.testing.hubs import HubInProcess, hub_in_process
from perenne.testing.postgres import PostgresServer
from perenne.testing.tiny_models import tiny_classifier


def picture(grey: int, *, side: int = 64, seed: int = 0, format: str = ".png") -> bytes:
    """Return an encoded image around `grey`, with enough texture to pass the quality gate."""
    import cv2

    rng = np.random.default_rng(seed)
    pixels = np.clip(grey + rng.integers(-12, 13, (side, side, 3)), 0, 255).astype(np.uint8)
    return bytes(cv2.imencode(format, pixels)[1])


@dataclass
class Plant:
    """A hub whose administrator is signed in, and a way to put models into it."""

    house: HubInProcess
    http: TestClient
    folder: Path

    def add_model(
        self, name: str, *, make: Callable[..., Path] = tiny_classifier, **options: Any
    ) -> ModelVersionRow:
        """Register the next version of the model line `name`."""
        path = make(self.folder / f"{name}.prn", **options)
        actor = self.house.actor()
        artefact = read_artefact(path)
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

    def deploy(self, site: str, model: str, **body: Any) -> Any:
        """Deploy and return the answer."""
        return self.http.post(
            f"/api/v1/sites/{site}/deployments", json={"model_version": model, "reason": "trial", **body}
        )

    def inspect(self, site: str, data: bytes, *, station: str = "s1", **query: Any) -> Any:
        """Send raw bytes to a station and return the answer."""
        return self.http.post(
            f"/api/v1/sites/{site}/stations/{station}/inspect",
            content=data,
            headers={"content-type": "image/png"},
            params=query,
        )


@contextmanager
def plant_in_process(folder: Path, *, database_url: str = "") -> Iterator[Plant]:
    """Yield a hub with the sites lyon, lille, turin, gent, stations s1 and s2 each; no model yet."""
    with hub_in_process(folder / "data", database_url=database_url) as house:
        http = house.client()
        for site in ("lyon", "lille", "turin", "gent"):
            assert http.post("/api/v1/sites", json={"slug": site, "name": site.title()}).status_code == 201
            for station in ("s1", "s2"):
                answer = http.post(f"/api/v1/sites/{site}/stations", json={"slug": station, "name": station})
                assert answer.status_code == 201
        yield Plant(house, http, folder)


@pytest.fixture
def plant(tmp_path: Path) -> Iterator[Plant]:
    """A plant on SQLite."""
    with plant_in_process(tmp_path) as made:
        yield made


@pytest.fixture
def plant_on_postgres(tmp_path: Path, postgres: PostgresServer) -> Iterator[Plant]:
    """The same plant on PostgreSQL."""
    with plant_in_process(tmp_path, database_url=postgres.create_database(new_id("tst"))) as made:
        yield made
