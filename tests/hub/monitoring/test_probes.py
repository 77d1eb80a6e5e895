"""The two deterministic probes, on a real model and real files."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from sqlalchemy import delete, event, select, update

from perenne.hub.images import ImageRow, ImageSignalRow
from perenne.hub.models import Inspected, Origin, register_model_version, sign_upload
from perenne.hub.monitoring.queries import captures_around
from perenne.hub.monitoring.service import start_probe
from perenne.hub.monitoring.tables import AlarmRow, IncidentRow, ProbeRow, WatchContextRow, WatchReferenceRow
from perenne.hub.predictions import PredictionRow
from perenne.hub.sites import StationRow
from perenne.kit.hashing import sha256_file
from perenne.kit.ids import new_id
from perenne.runtime import read_artefact
from perenne.testing.hubs import hub_in_process
from perenne.testing.tiny_models import tiny_classifier

from .conftest import Plant


def _picture(seed: int, *, grey: int = 120) -> bytes:
    pixels = np.random.default_rng(seed).normal(grey, 12, (64, 64, 3)).clip(0, 255).astype(np.uint8)
    return bytes(cv2.imencode(".png", pixels)[1])


def _photograph(seed: int, *, light: float = 1.0) -> bytes:
    """Return a picture of always the same part."""
    scene = np.random.default_rng(3).integers(40, 200, (8, 8), dtype=np.uint8)
    part = cv2.resize(scene, (64, 64), interpolation=cv2.INTER_CUBIC)[..., None].repeat(3, axis=2)
    pixels = part * light + np.random.default_rng(seed).normal(0, 0.7, part.shape)
    return bytes(cv2.imencode(".png", np.rint(pixels).clip(0, 255).astype(np.uint8))[1])


class Line(Plant):
    """A plant with a real model, and an incident whose reference holds real files."""

    incident: str = ""

    def inspect_file(self, data: bytes, **context: Any) -> str:
        """Return the id of what was said of an image sent over HTTP."""
        answer = self.house.client().post(
            "/api/v1/sites/lyon/stations/s1/inspect",
            content=data,
            headers={"content-type": "image/png"},
            params=context,
        )
        assert answer.status_code == 200, answer.text
        return str(answer.json()["id"])

    def probe(self, kind: str) -> dict[str, Any]:
        """Ask for a probe and return how it ended."""
        self.post(f"/incidents/{self.incident}/probes/{kind}", {}, status=202)
        found: dict[str, Any] = self.get(f"/incidents/{self.incident}")["probes"][-1]
        return found


@pytest.fixture
def line(tmp_path: Path) -> Iterator[Line]:
    with hub_in_process(tmp_path / "data") as house:
        made = Line(house)
        made.add_place("lyon")
        path = tiny_classifier(tmp_path / "m.prn")
        artefact = read_artefact(path)
        with house.hub.database.transaction() as session:
            model = register_model_version(
                session,
                house.hub,
                made.actor,
                signed=sign_upload(house.hub, made.actor, path),
                upload_sha256=sha256_file(path),
                inspected=Inspected(artefact.manifest, artefact.card),
                origin=Origin(name="cells"),
            )
        made.post("/sites/lyon/deployments", {"model_version": "cells:1", "reason": "trial"}, status=201)
        said = [made.inspect_file(_picture(seed)) for seed in range(4)]
        made.tick()
        _open_incident(made, said, model_id=model.id)
        yield made


def _open_incident(line: Line, said: list[str], *, model_id: str) -> None:
    """Write an incident as a tick does, with a reference of these predictions."""
    now = line.house.clock.now()
    common = {"organisation_id": line.actor.organisation_id}
    with line.house.hub.database.transaction() as session:
        context = session.scalars(
            select(WatchContextRow).where(WatchContextRow.model_version_id == model_id)
        ).one()
        reference = WatchReferenceRow(
            id=new_id("wrf"), **common, context_id=context.id, site_id=context.site_id, state="current",
            n_images=4, n_units=4, since=now, until=now, unit="image", unit_reason="", enough=True,
            automatic=True, set_by="test", set_at=now, reason="test", replay=said,
            bands={"acquisition.brightness": [4, 110.0, 120.0, 130.0]},
        )  # fmt: skip
        incident = IncidentRow(
            id=new_id("inc"), **common, number=1, state="open", main_channel="acquisition.brightness",
            main_group="acquisition", onset_at=now, opened_at=now,
        )  # fmt: skip
        session.add_all([reference, incident])
        session.flush()
        context.reference_id = reference.id
        session.add(
            AlarmRow(
                id=new_id("alm"),
                **common,
                context_id=context.id,
                site_id=context.site_id,
                incident_id=incident.id,
                reference_id=reference.id,
                detector="growing",
                prediction_id=said[0],
                raised_at=now,
                onset_at=now,
                delay_images=1,
                shares={},
                effects=[],
                new_values={},
                typical_images=[],
                reference_images=[],
                main_channel="acquisition.brightness",
                main_group="acquisition",
            )
        )
        line.incident = incident.id


def test_the_same_files_through_the_same_software_give_the_same_answers(line: Line) -> None:
    probe = line.probe("replay")
    assert (probe["state"], probe["n_images"], probe["n_different"]) == ("same", 4, 0)
    assert probe["largest_difference"] <= 1e-6
    evidence = line.get(f"/incidents/{line.incident}")["finding"]["evidence"]
    assert "replay.same" in {one["code"] for one in evidence}


def test_any_other_answer_to_the_same_file_is_reported(line: Line) -> None:
    with line.house.hub.database.transaction() as session:
        row = session.scalars(select(PredictionRow).order_by(PredictionRow.id)).first()
        assert row is not None
        scores = {name: score + 0.01 for name, score in row.target["scores"].items()}
        target = {**row.target, "scores": scores}
        session.execute(update(PredictionRow).where(PredictionRow.id == row.id).values(target=target))
    probe = line.probe("replay")
    assert (probe["state"], probe["n_different"]) == ("differs", 1)
    assert probe["largest_difference"] == pytest.approx(0.01, abs=1e-4)
    acts = [step["act"] for step in line.get(f"/incidents/{line.incident}")["steps"]]
    assert acts[:2] == ["probe", "probe_ended"]


def test_a_probe_of_an_incident_whose_alarms_went_to_another_says_so(line: Line) -> None:
    hub, actor = line.house.hub, line.house.system()
    with hub.database.transaction() as session:
        asked = session.scalars(select(IncidentRow)).one()
        session.execute(delete(AlarmRow))
        asked.state, asked.merged_into = "closed", "inc_common"
        start_probe(session, hub, actor, asked, kind="replay", now=hub.clock.now())
    probe = line.get(f"/incidents/{line.incident}")["probes"][-1]
    assert probe["state"] == "failed" and "went to a common incident" in probe["detail"]
    assert probe["detail_said"] == {"code": "probe.no_alarms", "values": {"incident": 1}}


def test_a_golden_part_tells_the_camera_from_the_product(line: Line) -> None:
    refused = line.post(f"/incidents/{line.incident}/probes/golden", {}, status=409)
    assert refused["code"] == "nothing-to-probe" and refused["remedy"]
    line.house.client().put("/api/v1/sites/lyon/stations/s1/golden-part", json={"part_id": "gold"})
    now = line.house.clock.now()
    line.house.clock.at = now - timedelta(hours=1)
    line.inspect_file(_picture(90), part_id="gold")
    line.house.clock.at = now + timedelta(hours=1)
    missing = line.probe("golden")
    assert missing["state"] == "failed" and "no capture since" in missing["detail"]
    assert missing["detail_said"] == {"code": "probe.no_capture_since", "values": {"part": "gold"}}
    assert line.get(f"/incidents/{line.incident}")["steps"][-1]["text_said"] == missing["detail_said"]
    line.inspect_file(_picture(91), part_id="gold")
    assert line.probe("golden")["state"] == "same"
    line.inspect_file(_picture(92, grey=90), part_id="gold")
    probe = line.probe("golden")
    assert (probe["state"], probe["n_images"], probe["n_different"]) == ("differs", 2, 1)
    line.inspect_file(_picture(93), part_id="gold")
    line.probe("golden")
    with line.house.hub.database.reading() as session:
        last = session.scalars(select(ProbeRow).order_by(ProbeRow.id.desc()).limit(1)).one()
    assert last.numbers["acquisition.brightness"] > 2  # of the capture that differs most, not of the last one


def test_a_golden_part_measured_by_another_version_before_is_not_called_the_same(line: Line) -> None:
    line.house.client().put("/api/v1/sites/lyon/stations/s1/golden-part", json={"part_id": "gold"})
    now = line.house.clock.now()
    line.house.clock.at = now - timedelta(hours=1)
    line.inspect_file(_picture(90), part_id="gold")
    with line.house.hub.database.transaction() as session:
        old = session.scalars(select(ImageRow.id).where(ImageRow.part_id == "gold")).one()
        session.execute(
            update(ImageSignalRow).where(ImageSignalRow.image_id == old).values(signals='{"mean": 1}')
        )
    line.house.clock.at = now + timedelta(hours=1)
    line.inspect_file(_picture(91, grey=60), part_id="gold")
    probe = line.probe("golden")
    assert (probe["state"], probe["detail_said"]["code"]) == ("failed", "probe.no_capture_before")


def test_of_a_part_that_was_often_photographed_the_newest_captures_of_each_side_are_read(line: Line) -> None:
    onset = line.house.clock.now()
    taken = [onset + timedelta(hours=hours) for hours in (-3, -2, -1, 0, 1, 2)]
    for seed, at in enumerate(taken):
        line.house.clock.at = at
        line.inspect_file(_picture(70 + seed), part_id="gold")
    with line.house.hub.database.reading() as session:
        actor = line.house.actor()
        station = session.scalars(select(StationRow.id).where(StationRow.slug == "s1")).one()
        sides = captures_around(session, actor, station_id=station, part_id="gold", onset_at=onset, most=2)
    assert [[row.taken_at for row in side] for side in sides] == [taken[1:3], taken[4:]]


def test_photographs_of_the_golden_part_name_what_became_of_the_camera(line: Line) -> None:
    line.house.client().put("/api/v1/sites/lyon/stations/s1/golden-part", json={"part_id": "gold"})
    now = line.house.clock.now()
    line.house.clock.at = now - timedelta(hours=1)
    for seed in (90, 91, 93):
        line.inspect_file(_photograph(seed), part_id="gold")
    line.house.clock.at = now + timedelta(hours=1)
    for seed in (94, 95):
        line.inspect_file(_photograph(seed, light=0.7), part_id="gold")
    assert line.probe("golden")["state"] == "differs"
    finding = line.get(f"/incidents/{line.incident}")["finding"]
    assert {"golden.differs", "light.yes"} <= {one["code"] for one in finding["evidence"]}
    assert finding["signature"] and finding["signature_strength"]


def test_a_golden_part_is_named_replaced_and_removed(line: Line) -> None:
    hub, address = line.house.client(), "/api/v1/sites/lyon/stations/s1/golden-part"
    assert line.get("/sites/lyon/golden-parts")["items"] == []
    line.inspect_file(_picture(90), part_id="gold")
    set_first = hub.put(address, json={"part_id": "gold", "name": "Master disc"})
    assert set_first.status_code == 200
    (listed,) = line.get("/sites/lyon/golden-parts")["items"]
    assert (listed["name"], listed["station"], listed["captures"]) == ("Master disc", "s1", 1)
    assert listed["last_image_id"].startswith("img_") and listed["station_name"]
    hub.put(address, json={"part_id": "gold-2"})
    assert [one["part_id"] for one in line.get("/sites/lyon/golden-parts")["items"]] == ["gold-2"]
    assert hub.delete(address).status_code == 204
    assert line.get("/sites/lyon/golden-parts")["items"] == []
    assert hub.delete(address).status_code == 404
    refused = line.post(f"/incidents/{line.incident}/probes/golden", {}, status=409)
    assert refused["said"]["code"] == "probe.no_golden"


def test_golden_parts_of_many_stations_take_no_more_queries_than_that_of_one(line: Line) -> None:
    hub, asked = line.house.client(), list[str]()
    hub.put("/api/v1/sites/lyon/stations/s1/golden-part", json={"part_id": "gold"})
    engine = line.house.hub.database.engine
    event.listen(engine, "before_cursor_execute", lambda *given: asked.append(given[2]))
    hub.get("/api/v1/sites/lyon/golden-parts")
    of_one = len(asked)
    for name in ("s7", "s8", "s9"):
        made = hub.post("/api/v1/sites/lyon/stations", json={"slug": name, "name": name})
        assert made.status_code == 201, made.text
        hub.put(f"/api/v1/sites/lyon/stations/{name}/golden-part", json={"part_id": "gold"})
    line.inspect_file(_picture(90), part_id="gold")
    line.inspect_file(_picture(91), part_id="gold")
    asked.clear()
    listed = hub.get("/api/v1/sites/lyon/golden-parts").json()["items"]
    assert [(one["station"], one["captures"]) for one in listed] == [
        ("s1", 2),
        ("s7", 0),
        ("s8", 0),
        ("s9", 0),
    ]
    assert len(asked) <= of_one


def test_an_incident_names_its_sites_stations_and_products(line: Line) -> None:
    found = line.get(f"/incidents/{line.incident}")
    assert set(found["site_names"]) == set(found["sites"]) and all(found["site_names"].values())
    (alarm,) = found["alarms"]
    assert alarm["site_name"] == found["site_names"][alarm["site"]] and alarm["station_name"]
    (context,) = line.get("/sites/lyon/monitoring")["items"]
    assert (context["site_name"], context["station_name"]) == (alarm["site_name"], alarm["station_name"])
