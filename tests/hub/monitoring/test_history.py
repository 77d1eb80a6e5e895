"""What a page draws of a context is right to the number, and short."""

from datetime import datetime, timedelta
from typing import Any

import numpy as np
from sqlalchemy import insert, select

from perenne.hub.images import ImageSignalRow
from perenne.hub.monitoring.tables import WatchContextRow, WatchPointRow
from perenne.kit.ids import new_id
from perenne.quality.signals import Signals

from .conftest import BLURRED, FIRST, Plant


def _brightness(plant: Plant) -> list[tuple[datetime, float]]:
    with plant.house.hub.database.reading() as session:
        rows = session.execute(select(ImageSignalRow.measured_at, ImageSignalRow.signals)).all()
    return [(at, Signals.from_json(text or "").mean) for at, text in rows]


def _series(history: dict[str, Any], channel: str) -> dict[str, Any]:
    found: dict[str, Any] = next(one for one in history["series"] if one["channel"] == channel)
    return found


def test_every_hour_tells_the_quantiles_of_its_images(plant: Plant) -> None:
    for count in (100, 40, 77, 3):
        plant.run("lyon", count)
        plant.forget()
    assert plant.at is not None
    since = (plant.at - timedelta(days=2)).isoformat()
    history = plant.get(f"/monitoring/contexts/{plant.context()['id']}/history", since=since)
    assert history["bucket_s"] == 3_600
    told = _series(history, "acquisition.brightness")
    assert (told["group"], told["unit"]) == ("acquisition", "grey levels")
    by_hour: dict[datetime, list[float]] = {}
    for at, value in _brightness(plant):
        by_hour.setdefault(at.replace(minute=0, second=0, microsecond=0), []).append(value)
    assert len(told["points"]) == len(by_hour) >= 4
    for point in told["points"]:
        values = by_hour[datetime.fromisoformat(point["at"])]
        wanted = np.quantile(values, [0.05, 0.5, 0.95])
        assert point["n"] == len(values)
        np.testing.assert_allclose([point["q05"], point["q50"], point["q95"]], wanted, rtol=1e-5)
    assert told["band"]["n"] == FIRST / 2, "half of the reference fits the embedding's frame"


def test_incidents_versions_and_references_are_marked(plant: Plant) -> None:
    plant.run("lyon", FIRST + 20)
    changed_at = plant.at
    plant.run("lyon", 20, moved=BLURRED)
    history = plant.get(f"/monitoring/contexts/{plant.context()['id']}/history")
    assert changed_at is not None
    marks = {mark["kind"]: mark for mark in history["marks"]}
    assert set(marks) == {"deployment", "reference", "incident"}
    assert marks["deployment"]["label"] == "cells:1"
    told = datetime.fromisoformat(marks["incident"]["at"])
    assert abs(told - changed_at) <= 8 * plant.every, "to within a few images"
    assert marks["incident"]["until"] is None
    assert max(level for _, level in history["evidence"]) >= 1.0


def test_a_year_is_told_by_days(plant: Plant) -> None:
    plant.run("lyon", 5)
    assert plant.at is not None
    with plant.house.hub.database.transaction() as session:
        context = session.scalars(select(WatchContextRow)).one()
        midnight = plant.at.replace(hour=0, minute=0)
        rows = [
            {
                "id": new_id("wpt"),
                "organisation_id": context.organisation_id,
                "context_id": context.id,
                "site_id": context.site_id,
                "bucket_s": 86_400,
                "at": midnight - timedelta(days=day),
                "n": 1_440,
                "level": 0.1,
                "anchored_level": 0.2,
                "channels": {f"predictions.c{number}": [1_440, 1.0, 2.0, 3.0] for number in range(40)},
            }
            for day in range(1, 365)
        ]
        session.execute(insert(WatchPointRow), rows)
    since = (plant.at - timedelta(days=366)).isoformat()
    history = plant.get(f"/monitoring/contexts/{context.id}/history", since=since)
    assert history["bucket_s"] == 86_400
    assert len(history["evidence"]) == 365
    assert len(_series(history, "predictions.c7")["points"]) == 364


def test_an_image_is_told_beside_its_reference(plant: Plant) -> None:
    images = plant.run("lyon", FIRST + 5)
    (dark,) = plant.run("lyon", 1, moved={"mean": -8.0}, fingerprint={"mode": "L"}, verdict="flagged")
    told = plant.get(f"/images/{dark}/watch")
    assert (told["verdict"], told["new_values"], told["context_id"]) == (
        "flagged",
        {"mode": "L"},
        plant.context()["id"],
    )
    brightness = next(one for one in told["signals"] if one["channel"] == "acquisition.brightness")
    assert brightness["percentile"] == 0.0 and brightness["value"] < brightness["band"]["q05"]
    usual = plant.get(f"/images/{images[0]}/watch")
    assert usual["new_values"] == {} and len(usual["signals"]) == len(told["signals"])


def test_an_image_without_measurements_says_so(plant: Plant) -> None:
    (image,) = plant.run("lyon", 1, measured=False)
    told = plant.get(f"/images/{image}/watch")
    assert (told["verdict"], told["fingerprint"], told["context_id"]) == ("not_judged", None, None)


def test_flagged_and_refused_images_of_the_week_are_counted(plant: Plant) -> None:
    plant.run("lyon", 6)
    plant.run("lyon", 3, verdict="flagged")
    plant.run("lyon", 1, verdict="refused")
    (site,) = plant.get("/monitoring/sites")["items"]
    assert (site["images_7d"], site["flagged_share_7d"], site["refused_share_7d"]) == (10, 0.3, 0.1)


def test_metrics_tell_levels_and_open_incidents_of_ones_own_organisation(plant: Plant) -> None:
    plant.run("lyon", FIRST + 20)
    plant.run("lyon", 20, moved=BLURRED)
    told = plant.house.client().get("/metrics").text
    assert 'perenne_incidents_open{site="lyon"} 1.0' in told
    assert 'perenne_watch_level{model="cells:1",product="",site="lyon",station="s1"}' in told
    assert "lyon" not in plant.house.client(organisation="rival").get("/metrics").text
