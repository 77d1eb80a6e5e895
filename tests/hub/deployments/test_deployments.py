"""Which version answers where, how one goes back, and that a bad one never replaces a good one."""

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from perenne.hub.deployments.loaded import LoadedModels, loaded_models
from perenne.testing.tiny_models import tiny_classifier, tiny_detector

if TYPE_CHECKING:
    from .conftest import Plant

DARK, BRIGHT = 20, 235


def test_a_deployed_version_answers_at_every_station_of_the_site(plant: "Plant") -> None:
    from .conftest import picture

    plant.add_model("cells")
    answer = plant.deploy("lyon", "cells")
    assert answer.status_code == 201
    assert (answer.json()["model_name"], answer.json()["state"], answer.json()["by"]) == (
        "cells",
        "active",
        "org-admin@acme",
    )
    for station in ("s1", "s2"):
        seen = plant.inspect("lyon", picture(BRIGHT), station=station).json()
        assert (seen["decision"], seen["model"]["number"]) == ("fail", 1)


def test_a_stations_own_deployment_wins_over_its_sites(plant: "Plant") -> None:
    from .conftest import picture

    plant.add_model("shared")
    plant.add_model("special")
    plant.deploy("lyon", "special", station="s2")
    plant.deploy("lyon", "shared")
    names = [plant.inspect("lyon", picture(DARK), station=s).json()["model"]["name"] for s in ("s1", "s2")]
    assert names == ["shared", "special"]


def test_undo_goes_back_step_by_step_and_the_history_says_who_and_why(plant: "Plant") -> None:
    for _ in range(3):
        plant.add_model("cells")
    for number in (1, 2, 3):
        plant.deploy("lyon", f"cells:{number}", reason=f"version {number}")
    undo = "/api/v1/sites/lyon/deployments/undo"
    active = plant.http.get("/api/v1/deployments", params={"state": "active"}).json()["items"][0]
    before = plant.http.get(f"/api/v1/deployments/{active['previous_id']}").json()
    assert (before["model_number"], before["previous_id"] is None) == (2, False)
    assert plant.http.post(undo, json={"reason": "too many overkills"}).json()["model_number"] == 2
    assert plant.http.post(undo, json={"reason": "still too many"}).json()["model_number"] == 1
    last = plant.http.post(undo, json={"reason": "again"})
    assert last.status_code == 409
    assert last.json()["code"] == "nothing-to-undo"
    history = plant.http.get("/api/v1/sites/lyon/deployments").json()["items"]
    assert [(d["model_number"], d["state"], d["reason"], d["end_reason"]) for d in history] == [
        (1, "active", "Undo: still too many", None),
        (2, "undone", "Undo: too many overkills", "still too many"),
        (3, "undone", "version 3", "too many overkills"),
        (2, "superseded", "version 2", "version 3"),
        (1, "superseded", "version 1", "version 2"),
    ]


def test_undoing_a_stations_only_deployment_gives_it_back_to_its_site(plant: "Plant") -> None:
    plant.add_model("shared")
    plant.add_model("special")
    plant.deploy("lyon", "shared")
    plant.deploy("lyon", "special", station="s2")
    answer = plant.http.post(
        "/api/v1/sites/lyon/deployments/undo", json={"reason": "no gain", "station": "s2"}
    )
    assert answer.json()["model_name"] == "shared"
    active = plant.http.get("/api/v1/deployments", params={"state": "active"}).json()["items"]
    assert [(d["model_name"], d["station"]) for d in active] == [("shared", None)]


def test_four_sites_run_four_versions_at_once(plant: "Plant") -> None:
    from .conftest import picture

    sites = ("lyon", "lille", "turin", "gent")
    for site, fail_at in zip(sites, (0.2, 0.4, 0.6, 0.8), strict=True):
        plant.add_model("cells", thresholds={"fail_at": fail_at, "fail_classes": ["bad"]})
        plant.deploy(site, "cells")
    seen = {site: plant.inspect(site, picture(128, seed=i)).json() for i, site in enumerate(sites)}
    assert [seen[site]["model"]["number"] for site in sites] == [1, 2, 3, 4]
    assert [seen[site]["decision"] for site in sites] == ["fail", "fail", "pass", "pass"]


def test_of_two_deployments_at_one_moment_one_holds(plant_on_postgres: "Plant") -> None:
    from concurrent.futures import ThreadPoolExecutor

    plant = plant_on_postgres
    plant.add_model("cells")
    with ThreadPoolExecutor(4) as pool:
        answers = [a.status_code for a in pool.map(lambda _: plant.deploy("lyon", "cells"), range(8))]
    assert 201 in answers
    assert set(answers) <= {201, 409}
    active = plant.http.get("/api/v1/deployments", params={"state": "active"}).json()["items"]
    assert len(active) == 1


def test_a_version_shared_by_sites_says_so(plant: "Plant") -> None:
    plant.add_model("cells")
    plant.deploy("lyon", "cells")
    assert plant.deploy("lille", "cells").json()["shared_sites"] == 2


def test_a_damaged_artefact_is_refused_and_the_good_one_goes_on(plant: "Plant") -> None:
    from .conftest import picture

    plant.add_model("cells")
    plant.deploy("lyon", "cells:1")
    plant.inspect("lyon", picture(DARK))
    worse = plant.add_model("cells", thresholds={"fail_at": 0.7})
    _damage(plant, worse.artefact_sha256)
    refused = plant.deploy("lyon", "cells:2")
    assert (refused.status_code, refused.json()["code"]) == (409, "model-unusable")
    assert plant.inspect("lyon", picture(DARK, seed=1)).json()["model"]["number"] == 1
    assert plant.http.get("/api/v1/sites/lyon/deployments").json()["items"][0]["model_number"] == 1


def test_an_artefact_that_another_hub_signed_is_refused(
    plant: "Plant", monkeypatch: pytest.MonkeyPatch
) -> None:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    own = plant.house.hub.signing_key
    plant.house.hub.signing_key = Ed25519PrivateKey.generate()
    plant.add_model("foreign")
    plant.house.hub.signing_key = own
    refused = plant.deploy("lyon", "foreign")
    assert refused.status_code == 409
    assert refused.json()["cause"] == "artefact-signature-invalid"


def test_thresholds_of_a_deployment_replace_those_of_the_artefact(plant: "Plant") -> None:
    from .conftest import picture

    plant.add_model("cells")
    plant.deploy("lyon", "cells", thresholds={"unsure_from": 0.0, "unsure_to": 0.99})
    seen = plant.inspect("lyon", picture(150)).json()
    assert seen["decision"] == "unsure"
    assert seen["thresholds"] == {
        "fail_at": 0.5,
        "fail_classes": ["bad"],
        "unsure_from": 0.0,
        "unsure_to": 0.99,
    }


@pytest.mark.parametrize("thresholds", [{"fail_at": 2.0}, {"nonsense": 0.5}])
def test_senseless_thresholds_change_nothing(plant: "Plant", thresholds: dict[str, float]) -> None:
    plant.add_model("cells")
    refused = plant.deploy("lyon", "cells", thresholds=thresholds)
    assert (refused.status_code, refused.json()["code"]) == (422, "bad-thresholds")
    assert plant.http.get("/api/v1/deployments").json()["items"] == []


def test_a_reason_is_required(plant: "Plant") -> None:
    plant.add_model("cells")
    assert plant.deploy("lyon", "cells", reason="").status_code == 422


def test_another_organisation_sees_and_deploys_nothing(plant: "Plant") -> None:
    plant.add_model("cells")
    made = plant.deploy("lyon", "cells").json()
    rival = plant.house.client(organisation="rival")
    missing = rival.get("/api/v1/deployments/dep_00000000000000000000000000").json()
    foreign = rival.get(f"/api/v1/deployments/{made['id']}").json()
    assert foreign["code"] == missing["code"] == "not-found"
    body = {"model_version": "cells", "reason": "mine"}
    assert rival.post("/api/v1/sites/lyon/deployments", json=body).status_code == 404
    assert rival.post("/api/v1/sites/lyon/stations/s1/inspect", content=b"x").status_code == 404


def test_somebody_limited_to_a_site_deploys_there_only(plant: "Plant") -> None:
    plant.add_model("cells")
    plant.deploy("lille", "cells")
    lyon = plant.http.get("/api/v1/sites/lyon").json()["id"]
    limited = plant.house.client("site-manager", site_ids=[lyon])
    body = {"model_version": "cells", "reason": "go"}
    assert limited.post("/api/v1/sites/lyon/deployments", json=body).status_code == 201
    assert limited.post("/api/v1/sites/lille/deployments", json=body).status_code == 404
    assert [d["site"] for d in limited.get("/api/v1/deployments").json()["items"]] == ["lyon"]


def test_the_models_used_least_are_put_away_first(plant: "Plant", tmp_path: Path) -> None:
    rows = [plant.add_model(f"m{i}", make=tiny_classifier, side=32 + 8 * i) for i in range(3)]
    models = LoadedModels(plant.house.hub, capacity=2, threads=1, turns=1)
    organisation = plant.house.organisations["acme"]
    for index in (0, 1, 0, 2):
        models.get(organisation_id=organisation, artefact_sha256=rows[index].artefact_sha256)
    assert models.held() == [rows[0].artefact_sha256, rows[2].artefact_sha256]


def test_a_model_is_loaded_once_for_all_threads(plant: "Plant") -> None:
    from concurrent.futures import ThreadPoolExecutor

    row = plant.add_model("spots", make=tiny_detector)
    models = loaded_models(plant.house.hub)
    organisation = plant.house.organisations["acme"]
    with ThreadPoolExecutor(8) as pool:
        loaded = list(
            pool.map(
                lambda _: models.get(organisation_id=organisation, artefact_sha256=row.artefact_sha256),
                range(16),
            )
        )
    assert len({id(model) for model in loaded}) == 1


def _damage(plant: "Plant", sha256: str) -> None:
    path = plant.house.hub.blobs.local_path(sha256, organisation_id=plant.house.organisations["acme"])
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 0xFF
    path.write_bytes(bytes(data))
