"""A hub whose images are rows: what a watch sees, decided by the test."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from perenne.hub.monitoring.jobs import tick_all
from perenne.testing.hubs import hub_in_process
from perenne.testing.watched import WatchedHub

FIRST = 200
"""Images of the first reference in these tests."""
BLURRED = {"log_laplacian": -4.0, "fine_detail": -4.0}


class Plant(WatchedHub):
    """A watched hub with its worker's tick, and the API at hand."""

    model: str = ""

    def tick(self) -> int:
        """Let the worker's tick happen."""
        return tick_all(self.house.hub)

    def forget(self) -> None:
        """Leave nothing of the watch in memory, as a worker does that was killed."""
        self.house.hub.shared.pop("monitoring.watchers", None)

    def run(self, site: str, count: int, **options: Any) -> list[str]:
        """Inspect, and let the tick happen."""
        images = self.inspect(site, count, model=self.model, **options)
        self.tick()
        return images

    def get(self, path: str, **params: Any) -> Any:
        """Return the JSON below /api/v1, which must be there."""
        answer = self.house.client(organisation=self.organisation).get(f"/api/v1{path}", params=params)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def post(self, path: str, body: dict[str, Any], *, status: int = 200) -> Any:
        """Return the JSON that a POST below /api/v1 answered, with that status."""
        answer = self.house.client(organisation=self.organisation).post(f"/api/v1{path}", json=body)
        assert answer.status_code == status, answer.text
        return answer.json()

    def context(self, site: str = "lyon") -> Any:
        """Return the one context of a site."""
        (found,) = self.get(f"/sites/{site}/monitoring")["items"]
        return found

    def incidents(self, **params: Any) -> Any:
        """Return the incidents, oldest first."""
        return list(reversed(self.get("/incidents", **params)["items"]))


@pytest.fixture
def plant(tmp_path: Path) -> Iterator[Plant]:
    """A hub with the site lyon and one model."""
    with hub_in_process(tmp_path, watch_first_reference=FIRST) as house:
        made = Plant(house)
        made.add_place("lyon")
        made.model = made.add_model()
        yield made
