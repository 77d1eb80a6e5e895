"""Where a model loses most, and which labels are doubtful: told from kept outcomes, for whom may see them."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .conftest import Laboratory


def test_the_site_with_the_errors_is_the_first_slice_and_its_numbers_are_right(
    laboratory: "Laboratory",
) -> None:
    laboratory.add_model()
    laboratory.freeze()
    evaluation = laboratory.evaluate().json()["id"]
    report = laboratory.get("/models/cells:1/slices")
    assert (report["n_images"], report["n_errors"], report["evaluation_id"]) == (89, 15, evaluation)
    lille = next(s for s in report["slices"] if (s["kind"], s["key"]) == ("site", "site=lille"))
    assert (lille["n_images"], lille["n_errors"], lille["metric"]) == (45, 15, "error_rate")
    assert lille["value"] == 15 / 45 and lille["low"] < 15 / 45 < lille["high"] and lille["elsewhere"] == 0
    assert abs(lille["lost"] - (1 - 45 / 89)) < 1e-12 and 0 < lille["lost_low"] < lille["lost"]
    assert report["slices"][0]["key"] == "site=lille" and report["n_tested"] >= len(report["slices"])
    assert len(report["worst"]) == 15 and {w["kind"] for w in report["worst"]} == {"escape", "overkill"}
    assert laboratory.get("/models/cells:1/slices") == report


def test_slices_of_one_site_count_its_images_only(laboratory: "Laboratory") -> None:
    laboratory.add_model()
    laboratory.freeze()
    laboratory.evaluate()
    lyon = laboratory.get("/models/cells:1/slices", site="lyon")
    assert (lyon["n_images"], lyon["n_errors"], lyon["slices"]) == (40, 0, [])
    assert "too few errors" in lyon["why_not"]


def test_a_model_without_an_evaluation_has_no_slices_and_says_what_to_do(laboratory: "Laboratory") -> None:
    laboratory.add_model()
    answer = laboratory.http.get("/api/v1/models/cells:1/slices")
    assert answer.status_code == 404 and "Evaluate it" in answer.json()["remedy"]


def test_labels_that_contradict_a_sure_model_are_suspected(laboratory: "Laboratory") -> None:
    laboratory.add_model()
    laboratory.freeze()
    evaluation = laboratory.evaluate().json()["id"]
    told = laboratory.get("/label-suspects", dataset_version="cells:1")
    items = laboratory.get(f"/evaluations/{evaluation}/items", limit=100)["items"]
    wrong = {i["image_id"] for i in items if i["truth"]["class"] != i["prediction"]["class"]}
    assert told["n_images"] == 89 and told["why_not"] is None
    assert {s["image_id"] for s in told["items"][:15]} == wrong
    first = told["items"][0]
    assert first["reason"] == "class" and first["given"] != first["expected"] and first["probability"] > 0.02


def test_what_a_model_has_learnt_it_may_not_doubt(laboratory: "Laboratory") -> None:
    version = laboratory.freeze(split={"by": "group", "near_duplicates": "ignore"})
    laboratory.add_model(trained_on=version["id"])
    laboratory.evaluate(split="train", reason="a look at its own lessons")
    told = laboratory.get("/label-suspects", dataset_version=version["id"])
    assert (told["items"], told["n_images"]) == ([], 0)
    assert "not learnt" in told["why_not"]
