"""Many threads record through one: shared commits, own errors."""

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

from perenne.hub.deployments.recording import Recorder
from perenne.hub.sites import create_site

if TYPE_CHECKING:
    from .conftest import Plant


def test_one_error_undoes_nobody_elses_record(plant: "Plant") -> None:
    recorder, actor = Recorder(plant.house.hub.database), plant.house.actor()

    def add(number: int) -> Any:
        slug = "lyon" if number % 5 == 0 else f"site-{number}"  # lyon is taken
        return recorder.record(lambda session: create_site(session, actor, slug=slug, name=slug).slug)

    with ThreadPoolExecutor(8) as pool:
        waiting = [pool.submit(add, number) for number in range(20)]
    failed = [number for number, one in enumerate(waiting) if one.exception() is not None]
    assert failed == [0, 5, 10, 15]
    slugs = {site["slug"] for site in plant.http.get("/api/v1/sites").json()["items"]}
    assert {f"site-{number}" for number in range(20) if number % 5} <= slugs


def test_what_is_raised_while_recording_is_raised_to_the_one_who_records(plant: "Plant") -> None:
    def fail(_session: Any) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        Recorder(plant.house.hub.database).record(fail)
