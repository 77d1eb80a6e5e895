"""Freezing over HTTP: content addresses, refusals that name what is wrong, seals, cards and differences."""

import json
from typing import Any

import cv2
import numpy as np

from perenne.hub.datasets.jobs import JOBS
from perenne.hub.infra.jobs import InMemoryJobs
from perenne.kit.hashing import sha256_hex
from perenne.testing.works import Works, picture


def manifest(works: Works, version: str, **params: Any) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    answer = works.http.get(f"/api/v1/dataset-versions/{version}/manifest", params=params)
    assert answer.headers["x-perenne-sha256"] == sha256_hex(answer.content)
    header, *lines = [json.loads(row) for row in answer.text.splitlines()]
    return header, lines


def test_the_same_content_is_the_same_version(works: Works) -> None:
    works.fill("lyon", 12)
    first = works.freeze()
    assert first.status_code == 201, first.text
    again = works.freeze(note="said twice")
    assert again.status_code == 200 and again.json()["existed"]
    assert again.json()["version"]["id"] == first.json()["version"]["id"]
    works.push("graz")
    grown = works.freeze().json()["version"]
    assert grown["number"] == 2
    assert grown["manifest_sha256"] != first.json()["version"]["manifest_sha256"]
    assert works.get("/datasets/cells")["latest_number"] == 2


def test_the_manifest_is_sorted_hashed_and_holds_what_a_trainer_needs(works: Works) -> None:
    works.fill("lyon", 10, batch_id="B-1")
    works.fill("graz", 10, group_key="casting-4")
    works.fill("graz", 10)
    version = works.freeze().json()["version"]
    header, lines = manifest(works, "cells:1")
    assert header["classes"] == ["good", "bad"] and header["problem"] == "classification"
    assert [line["image"] for line in lines] == sorted(line["image"] for line in lines)
    assert len(lines) == version["n_images"] == 30
    assert len({line["split"] for line in lines if line["group"] == "B-1"}) == 1
    short, trained = manifest(works, "cells", training=True)
    assert short["splits"] == ["train", "val"]
    assert {line["split"] for line in trained} == {"train", "val"}


def test_images_without_truth_are_left_out_or_refused_by_name(works: Works) -> None:
    works.fill("lyon", 6)
    lacking = works.push("lyon", truth=None)
    assert works.freeze().json()["version"]["n_images"] == 6
    assert works.get("/dataset-versions/cells/card")["n_left_out_without_truth"] == 1
    refused = works.freeze(selection={"require_truth": True})
    assert refused.status_code == 422 and refused.json()["code"] == "dataset-truth-missing"
    assert lacking in refused.json()["detail"] and "1 images" in refused.json()["detail"]


def test_a_part_on_both_sides_is_refused_with_the_pair_and_joined_when_asked(works: Works) -> None:
    works.fill("lyon", 6)
    a = works.push("lyon", part_id="P-7")
    b = works.push("graz", part_id="P-7")
    rule = {"by": "site", "test_sites": ["graz"]}
    refused = works.freeze(split=rule)
    assert refused.status_code == 409 and refused.json()["code"] == "dataset-split-leaks"
    assert (
        a in refused.json()["detail"] and b in refused.json()["detail"] and "P-7" in refused.json()["detail"]
    )
    assert refused.json()["count"] == 1
    joined = works.freeze(split={**rule, "conflicts": "join"})
    assert joined.status_code == 201
    _, lines = manifest(works, "cells")
    assert {line["split"] for line in lines if line["image_id"] in (a, b)} == {"test"}


def test_a_near_duplicate_on_both_sides_is_refused(works: Works) -> None:
    works.fill("lyon", 6)
    original = cv2.imdecode(np.frombuffer(picture(999), np.uint8), cv2.IMREAD_COLOR)
    again = bytes(cv2.imencode(".jpg", original, [cv2.IMWRITE_JPEG_QUALITY, 92])[1])
    works.push("lyon", data=picture(999))
    works.push("graz", data=again)
    refused = works.freeze(split={"by": "site", "test_sites": ["graz"]})
    assert refused.status_code == 409 and "near-duplicates" in refused.json()["detail"]
    ignoring = {"by": "site", "test_sites": ["graz"], "near_duplicates": "ignore"}
    assert works.freeze(split=ignoring).status_code == 201


def test_nothing_to_freeze_and_unknown_names_are_said_clearly(works: Works) -> None:
    empty = works.freeze()
    assert empty.status_code == 422 and empty.json()["code"] == "dataset-nothing-to-freeze"
    works.fill("lyon", 4)
    assert works.freeze(selection={"sites": ["nowhere"]}).status_code == 404
    assert works.freeze(split={"by": "site", "test_sites": ["nowhere"]}).status_code == 404
    wrong = works.freeze(split={"assign": {"test_groups": ["board-9"]}})
    assert wrong.status_code == 422 and "board-9" in wrong.json()["detail"]
    assert works.freeze(split={"by": "group", "val": 0.9, "test": 0.5}).status_code == 422


def test_a_selection_narrows_by_site_and_time(works: Works) -> None:
    works.fill("lyon", 4, captured_at="2026-01-01T08:00:00+01:00")
    works.fill("graz", 3, captured_at="2026-02-01T08:00:00Z")
    assert works.freeze(selection={"sites": ["graz"]}).json()["version"]["n_images"] == 3
    assert works.freeze(selection={"until": "2026-01-15T00:00:00Z"}).json()["version"]["n_images"] == 4
    card = works.get("/dataset-versions/cells/card")
    assert card["sites"] == {"lyon": 4} and "2026-01-01" in card["summary"]


def test_a_sealed_test_set_stays_hidden_until_it_is_opened_with_a_reason(works: Works) -> None:
    works.fill("lyon", 30)
    version = works.freeze(sealed=True).json()["version"]
    _, lines = manifest(works, version["id"])
    assert {line["split"] for line in lines} == {"train", "val"}
    items = works.get(f"/dataset-versions/{version['id']}/items", limit=100)["items"]
    assert {item["split"] for item in items} == {"train", "val"}
    sealed = works.http.get(f"/api/v1/dataset-versions/{version['id']}/items", params={"split": "test"})
    assert sealed.status_code == 403 and sealed.json()["code"] == "dataset-test-sealed"
    assert works.get(f"/dataset-versions/{version['id']}/card")["classes_per_site"] == {}
    silent = works.http.post(f"/api/v1/dataset-versions/{version['id']}/openings", json={})
    assert silent.status_code == 422
    opened = works.http.post(
        f"/api/v1/dataset-versions/{version['id']}/openings", json={"reason": "release 1.0"}
    )
    assert opened.status_code == 201 and opened.json()["purpose"] == "person"
    _, lines = manifest(works, version["id"])
    assert "test" in {line["split"] for line in lines}
    log = works.get(f"/dataset-versions/{version['id']}/openings")["items"]
    assert [entry["reason"] for entry in log] == ["release 1.0"]
    assert works.get(f"/dataset-versions/{version['id']}")["opened"]


def test_the_difference_counts_added_removed_relabelled_and_moved(works: Works) -> None:
    ids = works.fill("lyon", 20)
    works.freeze(split={"seed": 1})
    works.say(ids[0], "bad")
    works.push("graz")
    works.freeze(split={"seed": 2})
    diff = works.get("/dataset-versions/cells:1/diff/cells:2")
    assert diff["added"]["count"] == 1 and diff["removed"]["count"] == 0
    assert diff["relabelled"] == {"count": 1, "first_image_ids": [ids[0]]}
    assert diff["moved"]["count"] > 0 and sum(diff["moves"].values()) == diff["moved"]["count"]
    assert works.get("/dataset-versions/cells:2/diff/cells:1")["removed"]["count"] == 1


def test_a_large_dataset_is_frozen_by_a_job_that_may_run_twice(works: Works) -> None:
    works.fill("lyon", 12)
    jobs = InMemoryJobs(works.house.hub, JOBS, hold=True)
    works.house.hub.jobs = jobs
    answer = works.freeze(background=True)
    assert answer.status_code == 202, answer.text
    jobs.run_all()
    job = works.get(f"/jobs/{answer.json()['job_id']}")
    assert job["state"] == "succeeded", job
    assert works.get(f"/dataset-versions/{job['result']['dataset_version_id']}")["n_images"] == 12
    second = works.freeze(background=True)
    jobs.run_all()
    result = works.get(f"/jobs/{second.json()['job_id']}")["result"]
    assert result == {"dataset_version_id": job["result"]["dataset_version_id"], "existed": True}


def test_somebody_limited_to_a_site_neither_freezes_nor_reads_beyond_it(works: Works) -> None:
    works.fill("lyon", 6)
    works.fill("graz", 6)
    whole = works.freeze().json()["version"]
    lyon = works.get("/sites/lyon")["id"]
    limited = works.house.client("ml-engineer", site_ids=[lyon])
    assert limited.get(f"/api/v1/dataset-versions/{whole['id']}/manifest").status_code == 403
    assert limited.get(f"/api/v1/dataset-versions/{whole['id']}/card").status_code == 403
    own = limited.post("/api/v1/datasets/cells/versions", json={}).json()["version"]
    assert own["n_images"] == 6
    assert limited.get(f"/api/v1/dataset-versions/{own['id']}/manifest").status_code == 200


def test_every_image_of_a_version_leads_back_to_who_said_what_it_is(works: Works) -> None:
    works.fill("lyon", 4)
    works.freeze()
    item = works.get("/dataset-versions/cells/items")["items"][0]
    assert item["ground_truth_id"].startswith("gts_") and item["target"]["class"] in ("good", "bad")


def test_names_are_taken_once_and_the_acceptance_rule_may_change(works: Works) -> None:
    taken = works.http.post("/api/v1/datasets", json={"name": "Cells", "label_schema": "cells"})
    assert taken.status_code == 409 and taken.json()["code"] == "dataset-exists"
    body = {"acceptance": {"metric": "auroc", "at_least": 0.9}}
    changed = works.http.patch("/api/v1/datasets/cells", json=body)
    assert changed.json()["acceptance"]["metric"] == "auroc" and changed.json()["name"] == "Cells"
    both = {"acceptance": {"metric": "auroc", "at_least": 0.9, "at_most": 1.0}}
    assert works.http.patch("/api/v1/datasets/cells", json=both).status_code == 422
