"""New predictions are taken up once each, in order, and a killed worker goes on exactly."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from perenne.hub.monitoring import AlarmRow, WatchContextRow, ticking
from perenne.hub.monitoring.jobs import tick_all
from perenne.hub.monitoring.tables import WatchEntryRow, WatchPointRow
from perenne.kit.ids import new_id
from perenne.testing.hubs import hub_in_process
from perenne.testing.postgres import PostgresServer
from perenne.testing.watched import WatchedHub

from .conftest import BLURRED, FIRST, Plant


def test_an_empty_hub_has_nothing_to_watch(plant: Plant) -> None:
    assert plant.tick() == 0
    (site,) = plant.get("/monitoring/sites")["items"]
    assert (site["site"], site["state"], site["contexts"], site["level"]) == ("lyon", "collecting", 0, 0.0)
    assert plant.get("/sites/lyon/monitoring")["items"] == plant.get("/incidents")["items"] == []


def test_a_stream_collects_its_reference_by_itself_and_is_then_watched(plant: Plant) -> None:
    plant.run("lyon", FIRST - 1)
    context = plant.context()
    assert (context["state"], context["n_images"], context["n_needed"]) == ("collecting", FIRST - 1, FIRST)
    assert context["reference"] is context["promise"] is None

    plant.run("lyon", 61)
    context = plant.context()
    assert (context["state"], context["n_images"], context["n_units"]) == ("quiet", FIRST + 60, 60)
    assert (context["product"], context["model"], context["behind"]) == (None, "cells:1", 0)
    reference = context["reference"]
    assert (reference["n_images"], reference["automatic"], reference["enough"]) == (FIRST, True, True)
    assert reference["unit"] == context["promise"]["unit"] == "image"
    assert context["promise"]["years"] == 5.0


def test_a_new_product_or_version_is_a_context_of_its_own_that_collects(plant: Plant) -> None:
    plant.run("lyon", FIRST + 20)
    plant.add_product("bolt")
    other = plant.add_model(number=2)
    plant.inspect("lyon", 30, model=plant.model, product="bolt")
    plant.inspect("lyon", 10, model=other)
    plant.tick()
    found = plant.get("/sites/lyon/monitoring")["items"]
    assert {(one["product"], one["model"], one["state"], one["n_images"]) for one in found} == {
        ("bolt", "cells:1", "collecting", 30),
        (None, "cells:2", "collecting", 10),
        (None, "cells:1", "paused", FIRST + 20),
    }
    plant.run("lyon", 5)
    states = {
        (one["product"], one["model"]): one["state"] for one in plant.get("/sites/lyon/monitoring")["items"]
    }
    assert states[None, "cells:1"] == "quiet", "a version that answers again is watched again"


def test_no_image_is_taken_up_twice(plant: Plant) -> None:
    for count in (150, 1, 60, 40):
        plant.inspect("lyon", count, model=plant.model)
        plant.tick()
        plant.tick()
        plant.forget()
        plant.tick()
    assert plant.context()["n_images"] == 251
    with plant.house.hub.database.reading() as session:
        for bucket_s in (3_600, 86_400):
            total = select(func.sum(WatchPointRow.n)).where(WatchPointRow.bucket_s == bucket_s)
            assert session.scalar(total) == 251


def test_a_prediction_that_appears_late_is_taken_up_once(plant: Plant) -> None:
    plant.every = timedelta(seconds=1)
    plant.run("lyon", 50)
    assert plant.at is not None
    plant.at -= timedelta(seconds=20)
    plant.run("lyon", 1)
    plant.tick()
    assert plant.context()["n_images"] == 51


def test_what_was_never_measured_is_left_out_and_holds_nothing_up(plant: Plant) -> None:
    plant.every = timedelta(milliseconds=10)
    plant.inspect("lyon", 70, model=plant.model, measured=False)
    plant.inspect("lyon", 5, model=plant.model)
    for _ in range(4):
        ticking.tick(plant.house.hub, plant.house.organisations["acme"], limit=30)
    assert plant.context()["n_images"] == 5


def test_captures_of_the_golden_part_are_no_production(plant: Plant) -> None:
    client = plant.house.client()
    path = "/api/v1/sites/lyon/stations/s1/golden-part"
    assert client.get(path).status_code == 404
    assert client.put(path, json={"part_id": "gold"}).json()["captures"] == 0
    plant.run("lyon", 3, part_id="gold")
    plant.run("lyon", 4, part_id="other")
    assert plant.context()["n_images"] == 4
    assert client.get(path).json()["captures"] == 3


def test_two_organisations_are_watched_apart(plant: Plant) -> None:
    rival = Plant(plant.house, organisation="rival", at=plant.at)
    rival.add_place("metz")
    rival.model = rival.add_model()
    plant.inspect("lyon", 10, model=plant.model)
    rival.run("metz", 20)
    assert plant.context()["n_images"] == 10
    assert rival.context("metz")["n_images"] == 20
    assert [site["site"] for site in rival.get("/monitoring/sites")["items"]] == ["metz"]
    own = plant.context()["id"]
    for path in (f"/monitoring/contexts/{own}/history", f"/monitoring/contexts/{own}/references"):
        assert rival.house.client(organisation="rival").get(f"/api/v1{path}").status_code == 404


@contextmanager
def _same_plant(folder: Path) -> Iterator[WatchedHub]:
    with hub_in_process(folder, watch_first_reference=FIRST) as house:
        made = WatchedHub(house)
        made.add_place("lyon")
        model = made.add_model()
        made.inspect("lyon", FIRST + 150, model=model)
        made.inspect("lyon", 12, model=model, moved=BLURRED)
        yield made


def _what_was_found(hub: WatchedHub) -> list[Any]:
    with hub.house.hub.database.reading() as session:
        contexts = session.scalars(select(WatchContextRow)).all()
        alarms = session.scalars(select(AlarmRow).order_by(AlarmRow.id)).all()
        points = session.scalars(
            select(WatchPointRow).order_by(WatchPointRow.at, WatchPointRow.bucket_s)
        ).all()
        return [
            *(
                (row.n_images, row.n_units, row.level, row.anchored_level, row.log_evidence)
                for row in contexts
            ),
            *((row.detector, row.onset_image_id, row.log_evidence, row.effects) for row in alarms),
            *((row.at, row.n, row.level, row.channels) for row in points),
        ]


def test_a_worker_killed_again_and_again_finds_the_same_as_one_that_never_died(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with _same_plant(tmp_path / "one") as steady, _same_plant(tmp_path / "two") as shaken:
        tick_all(steady.house.hub)
        monkeypatch.setattr(ticking, "SNAPSHOT_EVERY", 40)
        organisation = shaken.house.organisations["acme"]
        while ticking.tick(shaken.house.hub, organisation, limit=37):
            shaken.house.hub.shared.pop("monitoring.watchers")
        found = _what_was_found(shaken)
        assert found == _what_was_found(steady)
        assert any(isinstance(one[0], str) for one in found), "there was an alarm to compare"
        with shaken.house.hub.database.reading() as session:
            kept = session.scalar(select(func.count()).select_from(WatchEntryRow)) or 0
        assert kept < 100, "entries that a snapshot holds are gone"


def test_of_two_workers_one_writes(plant: Plant, monkeypatch: pytest.MonkeyPatch) -> None:
    plant.run("lyon", 20)
    plant.inspect("lyon", 30, model=plant.model)
    organisation = plant.house.organisations["acme"]
    write = ticking.write_tick

    def overtaken(*args: Any, **options: Any) -> bool:
        monkeypatch.setattr(ticking, "write_tick", write)
        plant.forget()
        assert ticking.tick(plant.house.hub, organisation) == 30
        return write(*args, **options)

    monkeypatch.setattr(ticking, "write_tick", overtaken)
    assert ticking.tick(plant.house.hub, organisation) == 0
    assert plant.context()["n_images"] == 50
    plant.run("lyon", 1)
    assert plant.context()["n_images"] == 51


def test_a_tick_that_dies_before_it_has_written_changes_nothing(
    plant: Plant, monkeypatch: pytest.MonkeyPatch
) -> None:
    plant.run("lyon", 20)
    plant.inspect("lyon", 30, model=plant.model)

    def die(*args: Any, **options: Any) -> bool:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(ticking, "write_tick", die)
        with pytest.raises(KeyboardInterrupt):
            ticking.tick(plant.house.hub, plant.house.organisations["acme"])
    assert plant.context()["n_images"] == 20
    assert plant.context()["behind"] == 30
    plant.tick()
    assert plant.context()["n_images"] == 50


def test_the_watch_is_the_same_on_postgres(tmp_path: Path, postgres: PostgresServer) -> None:
    url = postgres.create_database(new_id("tst"))
    with hub_in_process(tmp_path, database_url=url, watch_first_reference=FIRST) as house:
        plant = Plant(house)
        plant.add_place("lyon")
        plant.model = plant.add_model()
        plant.run("lyon", FIRST + 20)
        plant.forget()
        plant.run("lyon", 20, moved=BLURRED)
        (incident,) = plant.incidents()
        assert incident["main_channel"] in ("acquisition.sharpness", "acquisition.fine_detail")
        assert plant.context()["n_images"] == FIRST + 40
        plant.post(f"/incidents/{incident['id']}/close", {"reason": "Cleaned"})
        plant.tick()
        assert plant.context()["state"] == "quiet"
