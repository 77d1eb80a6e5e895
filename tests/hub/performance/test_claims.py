"""Claims are certified, violated or open from labels that measure, for the version that answers now."""

from datetime import timedelta

from perenne.testing.tiny_models import tiny_detector

from .conftest import Fleet, said

HIT, MISS = said(0.9), said(0.1)


def test_forty_seeded_defects_that_are_all_found_certify_a_recall_of_ninety_percent(fleet: Fleet) -> None:
    model = fleet.add_model()
    claim = fleet.claim().json()
    assert claim["state"] == "open" and claim["model"] is None
    images = fleet.answer("lyon", model, [HIT] * 39)
    fleet.label(images, ["bad"] * 39, stream="seeded")
    seen = fleet.get(f"/claims/{claim['id']}")
    assert seen["state"] == "open" and seen["n_labels"] == 39 and 0 < seen["labels_left"] < 20
    fleet.label(fleet.answer("lyon", model, [HIT]), ["bad"], stream="seeded")
    seen = fleet.get(f"/claims/{claim['id']}")
    assert seen["state"] == "certified" and seen["n_objects"] == 40 and seen["labels_left"] is None
    assert seen["low"] > 0.9 and seen["value"] == 1.0 and seen["decided_at"] is not None
    assert seen["path"][-1][0] == 40 and seen["path"][-1][1] >= seen["log_threshold"]
    assert seen["path"][-1][2] < 0, "labels that speak for it do not speak against it too"


def test_missed_defects_violate_it_and_the_site_comes_first(fleet: Fleet) -> None:
    model = fleet.add_model()
    fleet.claim("graz")
    fleet.label(fleet.answer("graz", model, [HIT, MISS] * 20), ["bad"] * 40, stream="seeded")
    first, second = fleet.get("/performance/sites")["items"]
    assert (first["site"], first["state"]) == ("graz", "violated")
    assert (second["site"], second["state"]) == ("lyon", "no_claim")
    assert first["certificates"][0]["value"] == 0.5 and first["labels_owed"] == 0


def test_active_picks_and_labels_of_unknown_origin_never_certify(fleet: Fleet) -> None:
    model = fleet.add_model()
    for stream in ("active", "unknown", "audit"):
        fleet.label(fleet.answer("lyon", model, [HIT] * 50), ["bad"] * 50, stream=stream)
    assert fleet.claim().json()["n_labels"] == 0
    assert fleet.claim(stream="audit").json()["state"] == "certified"


def test_an_image_drawn_for_audit_stays_audited_whoever_corrects_its_label(fleet: Fleet) -> None:
    model = fleet.add_model()
    images = fleet.answer("lyon", model, [HIT] * 45)
    fleet.label(images, ["bad"] * 45, stream="audit", inclusion_probability=0.02)
    fleet.label(images[:5], ["good"] * 5, stream="active")
    assert fleet.get("/sites/lyon/performance")["periods"][0]["n_labelled"] == 45
    truth = fleet.get(f"/images/{images[0]}/ground-truth")["items"][0]
    assert (truth["stream"], truth["inclusion_probability"]) == ("audit", 0.02)
    assert truth["target"] == {"class": "good"}


def test_images_drawn_with_different_chances_in_a_week_certify_nothing_and_say_so(fleet: Fleet) -> None:
    model = fleet.add_model()
    images = fleet.answer("lyon", model, [HIT] * 100)
    fleet.label(images[:50], ["bad"] * 50, stream="audit", inclusion_probability=0.1)
    fleet.label(images[50:], ["bad"] * 50, stream="audit", inclusion_probability=0.5)
    claim = fleet.claim(stream="audit").json()
    assert claim["state"] == "open" and "different chances (0.1 and 0.5)" in claim["why_open"]
    assert claim["why_open_said"]["code"] == "claim.draws_differ"
    assert claim["why_open_said"]["values"]["least"] == 0.1


def test_a_new_version_starts_without_labels_and_the_old_one_keeps_what_it_had(fleet: Fleet) -> None:
    old, new = fleet.add_model(), fleet.add_model()
    claim = fleet.claim().json()
    fleet.label(fleet.answer("lyon", old, [HIT] * 50), ["bad"] * 50, stream="seeded")
    assert fleet.get(f"/claims/{claim['id']}")["state"] == "certified"
    later = fleet.house.clock.now() + timedelta(hours=1)
    fleet.answer("lyon", new, [HIT], at=later)
    seen = fleet.get(f"/claims/{claim['id']}")
    assert seen["model"]["number"] == 2 and seen["state"] == "open" and seen["n_labels"] == 0


def test_a_certified_site_that_gets_worse_says_since_when(fleet: Fleet) -> None:
    model = fleet.add_model()
    start, day = fleet.house.clock.now() - timedelta(days=300), timedelta(days=1)
    good = fleet.answer("lyon", model, [HIT] * 200, at=start, every=day)
    fleet.label(good, ["bad"] * 200, stream="seeded")
    claim = fleet.claim().json()
    assert claim["state"] == "certified" and claim["degraded_since"] is None
    worse = fleet.answer("lyon", model, [MISS, HIT] * 15, at=start + 200 * day, every=day)
    fleet.label(worse, ["bad"] * 30, stream="seeded")
    seen = fleet.get(f"/claims/{claim['id']}")
    assert seen["degraded_since"][:10] == (start + 200 * day).date().isoformat()
    assert fleet.get("/performance/sites")["items"][0]["state"] == "open"


def test_the_same_claim_is_made_once_and_can_be_withdrawn(fleet: Fleet) -> None:
    first = fleet.claim().json()
    again = fleet.claim()
    assert again.status_code == 409 and again.json()["code"] == "claim-exists"
    assert fleet.http.delete(f"/api/v1/claims/{first['id']}").status_code == 204
    assert fleet.get("/sites/lyon/claims")["items"] == []
    assert fleet.claim().status_code == 201


def test_a_value_has_no_recall_to_certify(fleet: Fleet) -> None:
    schema = {"slug": "gap", "name": "Gap", "problem": "regression", "classes": [], "unit": "mm"}
    assert fleet.http.post("/api/v1/label-schemas", json=schema).status_code == 201
    answer = fleet.claim(label_schema="gap")
    assert answer.status_code == 422 and answer.json()["code"] == "claim-not-decidable"


def test_boxes_count_one_by_one_and_very_full_images_are_capped(fleet: Fleet) -> None:
    model = fleet.add_model("spots", make=tiny_detector)
    box = {"box": [0, 0, 16, 16], "class": "spot"}
    far = {"box": [30, 30, 40, 40], "class": "spot"}
    found = {"boxes": [{**box, "score": 0.9}]}
    images = fleet.answer("lyon", model, [found] * 50, thresholds={"score": 0.5})
    fleet.label(images, [{"boxes": [box]}] * 49 + [{"boxes": [box, far]}], schema="spots", stream="audit")
    claim = fleet.claim(label_schema="spots", stream="audit").json()
    assert claim["n_objects"] == 50 and abs(claim["value"] - 50 / 51) < 0.02
    figures = {f["metric"]: f for f in fleet.get("/sites/lyon/performance")["periods"][0]["figures"]}
    assert figures["recall"]["value"] == 50 / 51 and figures["precision"]["value"] == 1.0


def test_the_metrics_tell_every_claim_of_the_callers_organisation(fleet: Fleet) -> None:
    model = fleet.add_model()
    fleet.claim()
    fleet.label(fleet.answer("lyon", model, [HIT] * 45), ["bad"] * 45, stream="seeded")
    fleet.get("/performance/sites")
    told = fleet.http.get("/metrics").text
    assert 'perenne_certificate_state{metric="recall>=0.9 seeded",site="lyon"} 1.0' in told
    assert "perenne_certificate_state{" not in fleet.house.client(organisation="rival").get("/metrics").text
