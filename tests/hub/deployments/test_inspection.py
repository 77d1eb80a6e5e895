"""An image in; prediction, decision, version and latency out; every answer recorded, nothing invented."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from perenne.kit.hashing import sha256_hex
from perenne.testing.hostile_images import hostile_images
from perenne.testing.tiny_models import tiny_detector, tiny_regressor

if TYPE_CHECKING:
    from .conftest import Plant

DARK, BRIGHT = 20, 235


def send_form(plant: "Plant", files: dict[str, bytes], **fields: str) -> Any:
    return plant.http.post(
        "/api/v1/sites/lyon/stations/s1/inspect",
        files={name: (f"{name}.png", data, "image/png") for name, data in files.items()},
        data=fields,
    )


def test_an_inspection_answers_and_is_recorded_with_all_that_explains_it(plant: "Plant") -> None:
    from .conftest import picture

    row = plant.add_model("cells")
    deployed = plant.deploy("lyon", "cells").json()
    data = picture(BRIGHT)
    answer = plant.inspect("lyon", data, part_id="P-7", batch_id="B-1", captured_at="2026-01-05T07:59:00Z")
    seen = answer.json()
    assert answer.status_code == 200
    assert (seen["decision"], seen["prediction"]["class"]) == ("fail", "bad")
    assert seen["model"] == {
        "id": row.id,
        "name": "cells",
        "number": 1,
        "problem": "classification",
        "artefact_sha256": row.artefact_sha256,
    }
    assert seen["deployment_id"] == deployed["id"]
    assert {"decode", "preprocess", "inference", "postprocess", "record", "total"} <= set(seen["latency_ms"])
    image = plant.http.get(f"/api/v1/images/{seen['image_id']}").json()
    assert (image["sha256"], image["part_id"], image["station"]) == (sha256_hex(data), "P-7", "s1")
    assert image["captured_at"].startswith("2026-01-05T07:59:00")
    kept = plant.http.get(f"/api/v1/predictions/{seen['id']}").json()
    assert (kept["prediction"], kept["decision"]) == (seen["prediction"], "fail")
    assert kept["latency_ms"]["inference"] == seen["latency_ms"]["inference"]


def test_the_same_image_twice_is_one_image_and_two_predictions(plant: "Plant") -> None:
    from .conftest import picture

    plant.add_model("cells")
    plant.deploy("lyon", "cells")
    first, second = (plant.inspect("lyon", picture(DARK)).json() for _ in range(2))
    assert first["image_id"] == second["image_id"]
    assert first["id"] != second["id"]


def test_a_form_carries_the_image_and_its_context_too(plant: "Plant") -> None:
    from .conftest import picture

    plant.add_model("cells")
    plant.deploy("lyon", "cells")
    seen = send_form(plant, {"image": picture(DARK)}, part_id="P-9").json()
    assert (seen["decision"], seen["part_id"]) == ("pass", "P-9")


@pytest.mark.parametrize("name", ["empty.jpg", "jpeg-half.jpg", "bomb-81-megapixels.png", "picture.gif"])
def test_a_broken_image_is_refused_and_counted_never_unsure(plant: "Plant", name: str) -> None:
    plant.add_model("cells")
    plant.deploy("lyon", "cells")
    data = next(image.data for image in hostile_images() if image.name == name)
    answer = plant.inspect("lyon", data)
    assert (answer.status_code, answer.json()["code"]) == (422, "image-refused")
    assert answer.json()["reason_code"]
    assert plant.http.get("/api/v1/predictions").json()["items"] == []
    assert plant.http.get("/api/v1/images").json()["items"] == []
    assert plant.http.get("/api/v1/images/refused").json()["total"] == 1


def test_every_hostile_image_gets_an_answer_and_the_station_goes_on(plant: "Plant") -> None:
    from .conftest import picture

    plant.add_model("cells")
    plant.deploy("lyon", "cells")
    for image in hostile_images():
        status = plant.inspect("lyon", image.data).status_code
        assert status == (200 if image.expected == "admitted" else 422), image.name
    assert plant.inspect("lyon", picture(BRIGHT)).json()["decision"] == "fail"


def test_a_station_without_deployment_says_how_to_get_one(plant: "Plant") -> None:
    from .conftest import picture

    answer = plant.inspect("lyon", picture(DARK))
    assert (answer.status_code, answer.json()["code"]) == (409, "nothing-deployed")
    assert "perenne deploy set" in answer.json()["remedy"]


@pytest.mark.parametrize(("site", "station"), [("nowhere", "s1"), ("lyon", "s9")])
def test_an_unknown_place_is_not_found(plant: "Plant", site: str, station: str) -> None:
    from .conftest import picture

    assert plant.inspect(site, picture(DARK), station=station).status_code == 404


def test_a_context_that_cannot_be_read_is_refused_before_anything_is_kept(plant: "Plant") -> None:
    from .conftest import picture

    plant.add_model("cells")
    plant.deploy("lyon", "cells")
    answer = plant.inspect("lyon", picture(DARK), captured_at="yesterday")
    assert (answer.status_code, answer.json()["code"]) == (422, "bad-inspection")
    assert "captured_at" in answer.json()["detail"]
    assert plant.http.get("/api/v1/images").json()["items"] == []


def test_a_form_without_image_says_so(plant: "Plant") -> None:
    from .conftest import picture

    plant.add_model("cells")
    plant.deploy("lyon", "cells")
    answer = send_form(plant, {"reference": picture(DARK)})
    assert (answer.status_code, answer.json()["code"]) == (422, "bad-inspection")


def test_the_reference_of_the_request_is_used_and_kept(plant: "Plant") -> None:
    from .conftest import picture

    plant.add_model("spots", make=tiny_detector, reference=True, thresholds={"score": 0.7})
    plant.deploy("lyon", "spots")
    same = send_form(plant, {"image": picture(BRIGHT), "reference": picture(BRIGHT, seed=1)}).json()
    other = send_form(plant, {"image": picture(BRIGHT, seed=2), "reference": picture(DARK)}).json()
    assert (same["decision"], other["decision"]) == ("pass", "fail")
    assert same["reference_image_id"] != other["reference_image_id"]
    kept = plant.http.get(f"/api/v1/images/{other['reference_image_id']}").json()
    assert kept["kind"] == "reference"


def test_the_stations_reference_is_used_when_none_comes_with_the_image(plant: "Plant") -> None:
    from .conftest import picture

    plant.add_model("spots", make=tiny_detector, reference=True)
    plant.deploy("lyon", "spots")
    missing = plant.inspect("lyon", picture(BRIGHT))
    assert (missing.status_code, missing.json()["code"]) == (422, "reference-missing")
    context = '{"site": "lyon", "station": "s1", "kind": "reference"}'
    pushed = plant.http.post(
        "/api/v1/images", files={"file": ("r.png", picture(DARK), "image/png")}, data={"context": context}
    ).json()
    reference = pushed["image"]["id"]
    answer = plant.http.put(
        "/api/v1/sites/lyon/stations/s1/reference", json={"reference_image_id": reference}
    )
    assert answer.status_code == 200
    seen = plant.inspect("lyon", picture(BRIGHT)).json()
    assert (seen["decision"], seen["reference_image_id"]) == ("fail", reference)


def test_a_reference_taken_away_or_changed_counts_from_the_next_image_on(plant: "Plant") -> None:
    from .conftest import picture

    plant.add_model("spots", make=tiny_detector, reference=True, thresholds={"score": 0.7})
    plant.deploy("lyon", "spots")
    address = "/api/v1/sites/lyon/stations/s1/reference"
    context = '{"site": "lyon", "station": "s1", "kind": "reference"}'
    codes = []
    for grey, seed in ((DARK, 1), (BRIGHT, 2), (None, 3)):
        reference = None
        if grey is not None:
            files = {"file": ("r.png", picture(grey, seed=seed), "image/png")}
            pushed = plant.http.post("/api/v1/images", files=files, data={"context": context}).json()
            reference = pushed["image"]["id"]
        assert plant.http.put(address, json={"reference_image_id": reference}).status_code == 200
        answer = plant.inspect("lyon", picture(BRIGHT, seed=10 + seed)).json()
        codes.append(answer.get("decision") or answer["code"])
    assert codes == ["fail", "pass", "reference-missing"]


def test_a_value_is_decided_by_the_limits_of_the_site(plant: "Plant") -> None:
    from .conftest import picture

    plant.add_model("wear", make=tiny_regressor)
    plant.deploy("lyon", "wear", thresholds={"fail_above": 0.5})
    seen = plant.inspect("lyon", picture(BRIGHT)).json()
    assert seen["prediction"]["value"] == pytest.approx(0.84, abs=0.02)
    assert seen["decision"] == "fail"


def test_late_truth_waiting_for_the_part_finds_the_inspected_image(plant: "Plant") -> None:
    from .conftest import picture

    plant.add_model("cells")
    plant.deploy("lyon", "cells")
    schema = {"slug": "cells", "name": "Cells", "problem": "classification", "classes": ["good", "bad"]}
    assert plant.http.post("/api/v1/label-schemas", json=schema).status_code == 201
    truth = {"label_schema": "cells", "items": [{"part_id": "P-1", "target": {"class": "good"}}]}
    assert plant.http.post("/api/v1/ground-truth", json=truth).json()["pending"] == 1
    seen = plant.inspect("lyon", picture(DARK), part_id="P-1").json()
    assert plant.http.get(f"/api/v1/images/{seen['image_id']}").json()["has_truth"] is True


def test_eight_cameras_at_once_lose_and_double_nothing(plant: "Plant") -> None:
    from .conftest import picture

    plant.add_model("cells")
    plant.deploy("lyon", "cells")
    images = [picture(DARK if i % 2 else BRIGHT, seed=i) for i in range(40)]
    with ThreadPoolExecutor(8) as pool:
        seen = list(pool.map(lambda data: plant.inspect("lyon", data).json(), images))
    assert [one["decision"] for one in seen] == ["pass" if i % 2 else "fail" for i in range(40)]
    assert len({one["image_id"] for one in seen}) == 40
    first = plant.http.get("/api/v1/predictions", params={"limit": 30}).json()
    rest = plant.http.get("/api/v1/predictions", params={"limit": 30, "cursor": first["next_cursor"]}).json()
    listed = [row["id"] for row in first["items"] + rest["items"]]
    assert sorted(listed) == sorted(one["id"] for one in seen)
    failed = plant.http.get(
        "/api/v1/predictions", params={"decision": "fail", "site": "lyon", "station": "s1"}
    )
    assert len(failed.json()["items"]) == 20


def test_postgres_records_the_same(plant_on_postgres: "Plant") -> None:
    from .conftest import picture

    plant = plant_on_postgres
    plant.add_model("cells")
    plant.deploy("lyon", "cells")
    images = [picture(DARK if i % 2 else BRIGHT, seed=i % 6) for i in range(12)]
    with ThreadPoolExecutor(4) as pool:
        seen = list(pool.map(lambda data: plant.inspect("lyon", data, part_id="P-1").json(), images))
    assert len({one["image_id"] for one in seen}) == 6
    assert len(plant.http.get("/api/v1/predictions").json()["items"]) == 12
    assert plant.http.post("/api/v1/sites/lyon/deployments/undo", json={"reason": "x"}).status_code == 409


def test_predictions_are_narrowed_by_time_and_a_bad_cursor_is_refused(plant: "Plant") -> None:
    from .conftest import picture

    plant.add_model("cells")
    plant.deploy("lyon", "cells")
    plant.inspect("lyon", picture(DARK))
    plant.house.clock.at += timedelta(hours=1)
    later = plant.inspect("lyon", picture(DARK, seed=1)).json()
    since = plant.house.clock.at.isoformat()
    listed = plant.http.get("/api/v1/predictions", params={"since": since}).json()["items"]
    assert [row["id"] for row in listed] == [later["id"]]
    assert plant.http.get("/api/v1/predictions", params={"cursor": "nonsense"}).status_code == 422
    assert plant.http.get("/api/v1/predictions", params={"station": "s1"}).status_code == 404
    assert plant.http.get("/api/v1/predictions/ins_00000000000000000000000000").status_code == 404


def test_an_operator_limited_to_a_site_inspects_and_reads_there_only(plant: "Plant") -> None:
    from .conftest import picture

    plant.add_model("cells")
    for site in ("lyon", "lille"):
        plant.deploy(site, "cells")
    plant.inspect("lille", picture(DARK, seed=5))
    lyon = plant.http.get("/api/v1/sites/lyon").json()["id"]
    operator = plant.house.client("operator", site_ids=[lyon])
    address = "/api/v1/sites/{}/stations/s1/inspect"
    assert operator.post(address.format("lyon"), content=picture(DARK)).status_code == 200
    assert operator.post(address.format("lille"), content=picture(DARK, seed=1)).status_code == 404
    assert [row["site_id"] for row in operator.get("/api/v1/predictions").json()["items"]] == [lyon]
