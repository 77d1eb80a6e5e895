"""A plant with a played month: labels, a claim, a drift that somebody dealt with, a gate, a deployment."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, select

from perenne.hub.deployments import DeploymentRow
from perenne.hub.monitoring.jobs import tick_all
from perenne.hub.performance.tables import PerformanceEstimateRow
from perenne.hub.predictions import PredictionRow
from perenne.kit.ids import new_id
from perenne.testing.hubs import hub_in_process
from perenne.testing.watched import WatchedHub

FIRST = 200
BLURRED = {"log_laplacian": -4.0, "fine_detail": -4.0}
MONTH = "2026-03"
BEGIN = datetime.fromisoformat("2026-03-03T08:00:00+00:00")
HOSTILE = '<script>alert(1)</script> & "Lyon" L’été'


class Plant(WatchedHub):
    """A watched hub with its API at hand."""

    model: str = ""

    def http(self, role: str = "org-admin") -> Any:
        """Return a client whose token holds now."""
        return self.house.client(role, organisation=self.organisation)

    def get(self, path: str, **params: Any) -> Any:
        """Return the JSON below /api/v1, which must be there."""
        answer = self.http().get(f"/api/v1{path}", params=params)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def post(self, path: str, body: dict[str, Any], *, status: int = 200) -> Any:
        """Return the JSON that a POST below /api/v1 answered, with that status."""
        answer = self.http().post(f"/api/v1{path}", json=body)
        assert answer.status_code == status, answer.text
        return answer.json()

    def report(self, month: str = MONTH, **params: Any) -> Any:
        """Return the HTTP answer of a report, which must be there."""
        answer = self.http().get(f"/api/v1/sites/lyon/reports/{month}", params=params)
        assert answer.status_code == 200, answer.text
        return answer

    def run(self, count: int, **options: Any) -> list[str]:
        """Inspect, and let the worker's tick happen."""
        images = self.inspect("lyon", count, model=self.model, **options)
        tick_all(self.house.hub)
        return images

    def label(self, images: list[str], name: str, **body: Any) -> None:
        """Give the truth of images."""
        items = [{"image_id": image, "target": {"class": name}} for image in images]
        self.post("/ground-truth", {"label_schema": "cells", "items": items, "stream": "seeded", **body})

    def decided(self, decision: str) -> list[str]:
        """Return the images with this decision, oldest first."""
        with self.house.hub.database.reading() as session:
            wanted = select(PredictionRow.image_id).where(PredictionRow.decision == decision)
            return list(session.scalars(wanted.order_by(PredictionRow.id)))

    def deploy(self, *, reason: str, by: str) -> None:
        """A version answers at the site from now on; there is no artefact to prove."""
        with self.house.hub.database.transaction() as session:
            site = self.get("/sites/lyon")["id"]
            session.add(
                DeploymentRow(
                    id=new_id("dep"),
                    organisation_id=self.actor.organisation_id,
                    site_id=site,
                    scope_id=site,
                    model_version_id=self.model,
                    thresholds={},
                    state="active",
                    reason=reason,
                    by=by,
                    at=self.house.clock.now(),
                )
            )

    def estimate(self, week: str, *, value: float) -> None:
        """A week was estimated without labels."""
        with self.house.hub.database.transaction() as session:
            session.execute(
                insert(PerformanceEstimateRow).values(
                    id=new_id("pes"),
                    organisation_id=self.actor.organisation_id,
                    created_at=self.house.clock.now(),
                    site_id=self.get("/sites/lyon")["id"],
                    week=datetime.fromisoformat(week).date(),
                    model_version_id=self.model,
                    metric="f1",
                    value=value,
                    low=value - 0.05,
                    high=value + 0.04,
                    raw=value,
                    n_images=70,
                    recorded_at=self.house.clock.now(),
                )
            )


@contextmanager
def _plant(folder: Path) -> Iterator[Plant]:
    with hub_in_process(folder, watch_first_reference=FIRST) as house:
        house.clock.at = BEGIN
        made = Plant(house)
        body = {"slug": "lyon", "name": HOSTILE, "time_zone": "Europe/Paris"}
        made.post("/sites", body, status=201)
        made.post("/sites/lyon/stations", {"slug": "s1", "name": "S1"}, status=201)
        schema = {"slug": "cells", "name": "Cells", "problem": "classification", "classes": ["good", "bad"]}
        made.post("/label-schemas", schema, status=201)
        made.model = made.add_model()
        yield made


@pytest.fixture
def plant(tmp_path: Path) -> Iterator[Plant]:
    """A site whose name means harm, with one model and a label schema; nothing has happened yet."""
    with _plant(tmp_path) as made:
        yield made


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Plant]:
    """The plant after a month in which much happened, played once; it is the 9th of April."""
    with _plant(tmp_path_factory.mktemp("played")) as made:
        _play(made)
        yield made


@pytest.fixture
def played_on(tmp_path: Path) -> Iterator[Plant]:
    """The same plant, for a test in which more happens."""
    with _plant(tmp_path) as made:
        _play(made)
        yield made


def _play(plant: Plant) -> None:
    """A month goes by."""
    plant.deploy(reason="First <b>version</b>", by="Ada & Co")
    plant.run(FIRST + 60, bad=0.25)
    plant.label(plant.decided("fail")[:45], "bad", stream="audit")
    plant.label(plant.decided("pass")[:40], "good", stream="audit")
    claim = {"metric": "recall", "at_least": 0.9, "label_schema": "cells", "stream": "audit"}
    plant.post("/sites/lyon/claims", claim, status=201)
    assert plant.at is not None
    plant.at += timedelta(days=9)
    plant.run(60, bad=0.25)
    plant.at += timedelta(days=1)
    blurred = plant.run(40, bad=0.25, moved=BLURRED)
    plant.run(5, bad=0.25, moved=BLURRED, verdict="refused")
    plant.label(blurred[:20], "bad")
    for incident in plant.get("/incidents")["items"]:
        body = {"reason": "Lens <i>cleaned</i>", "confirmed_cause": "focus"}
        plant.post(f"/incidents/{incident['id']}/close", body)
    plant.estimate("2026-03-02", value=0.93)
    plant.estimate("2026-03-09", value=0.94)
    plant.house.clock.at = datetime.fromisoformat("2026-04-09T12:00:00+00:00")
