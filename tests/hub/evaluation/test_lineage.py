"""Where an image has been, where a model came from and went, and what stays hidden."""

from typing import Any

from .conftest import Laboratory


def first_image(laboratory: Laboratory, site: str = "lyon") -> str:
    return str(laboratory.get("/images", site=site)["items"][0]["id"])


def test_an_image_tells_its_versions_models_and_truths(laboratory: Laboratory) -> None:
    version = laboratory.freeze()
    model = laboratory.add_model(trained_on=version["id"])
    laboratory.evaluate()
    image = first_image(laboratory)
    told = laboratory.get(f"/images/{image}/lineage")
    (dataset,) = told["datasets"]
    assert (dataset["slug"], dataset["number"], dataset["split"]) == ("cells", 1, "test")
    assert [(one["id"], one["how"]) for one in told["models"]] == [(model.id, "evaluated")]
    assert [truth["superseded"] for truth in told["truths"]] == [False]


def test_a_corrected_truth_stays_in_the_history(laboratory: Laboratory) -> None:
    image = first_image(laboratory)
    now = laboratory.get(f"/images/{image}/lineage")["truths"][0]["target"]["class"]
    other = {"good": "bad", "bad": "good"}[now]
    item = {"image_id": image, "target": {"class": other}}
    laboratory.http.post("/api/v1/ground-truth", json={"label_schema": "cells", "items": [item]})
    truths = laboratory.get(f"/images/{image}/lineage")["truths"]
    assert [(truth["target"]["class"], truth["superseded"]) for truth in truths] == [
        (other, False),
        (now, True),
    ]


def test_a_model_knows_which_images_it_was_trained_and_validated_on(laboratory: Laboratory) -> None:
    split = {"by": "site", "train_sites": ["lyon"], "val_sites": ["lille"], "test_sites": ["turin"]}
    nothing_drawn = {"val": 0.0, "test": 0.0, "near_duplicates": "ignore"}
    version = laboratory.freeze(split={**split, **nothing_drawn})
    model = laboratory.add_model(trained_on=version["id"])
    for site, how in (("lyon", ["trained"]), ("lille", ["validated"]), ("turin", [])):
        told = laboratory.get(f"/images/{first_image(laboratory, site)}/lineage")
        assert [one["how"] for one in told["models"]] == how
        assert all(one["id"] == model.id for one in told["models"])


def test_a_sealed_test_set_is_not_told_before_it_is_opened(laboratory: Laboratory) -> None:
    version = laboratory.freeze(sealed=True)
    laboratory.add_model(trained_on=version["id"])
    laboratory.evaluate()
    told: dict[str, Any] = laboratory.get(f"/images/{first_image(laboratory)}/lineage")
    assert (told["datasets"], told["models"]) == ([], [])


def test_a_model_leads_on_to_its_evaluations(laboratory: Laboratory) -> None:
    version = laboratory.freeze()
    model = laboratory.add_model(trained_on=version["id"])
    evaluation = laboratory.evaluate().json()["id"]
    told = laboratory.get(f"/models/{model.id}/lineage")
    assert [step["id"] for step in told["steps"]] == [version["id"]]
    assert [(e["id"], e["dataset"], e["split"]) for e in told["evaluations"]] == [
        (evaluation, "cells", "test")
    ]
    assert told["deployments"] == []
    trainer = laboratory.house.client("trainer")
    assert trainer.get(f"/api/v1/models/{model.id}/lineage").json()["evaluations"] == []


def test_a_model_tells_its_export_check(laboratory: Laboratory) -> None:
    model = laboratory.add_model(parity={"logits": 2e-6})
    told = laboratory.get(f"/models/{model.id}")
    assert told["parity"] == {"logits": 2e-6}
    assert len(told["upload_sha256"]) == 64
