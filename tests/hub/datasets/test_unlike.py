"""Images unlike their station's production are kept, and left out of datasets with the reason on the card."""

from sqlalchemy import select

from perenne.hub.accounts.tables import AuditRow
from perenne.hub.images import ImageRow, ImageSignalRow
from perenne.testing.works import Works

SNAPSHOT = {"code": "fingerprint_size", "words": "…", "value": 0.001, "limit": 0.04}
BLURRED = {"code": "blurred", "words": "…", "value": 3.0, "limit": 1.0}


def bar(works: Works, image_id: str, reason: dict[str, object]) -> None:
    """Say of an image what a calibrated gate would have said."""
    house = works.house
    with house.hub.database.transaction() as session:
        image = session.get_one(ImageRow, image_id)
        row = session.get(ImageSignalRow, image_id) or ImageSignalRow(image_id=image_id)
        row.organisation_id, row.site_id = image.organisation_id, image.site_id
        row.verdict, row.reasons, row.measured_at = "accepted", [], house.clock.now()
        row.closeness, row.closeness_admitted, row.closeness_reasons = 0.0, False, [reason]
        session.add(row)


def test_images_unlike_production_are_left_out_with_the_reason(works: Works) -> None:
    ids = works.fill("lyon", 8)
    bar(works, ids[0], SNAPSHOT)
    bar(works, ids[1], SNAPSHOT)
    bar(works, ids[2], BLURRED)
    assert works.freeze().json()["version"]["n_images"] == 5
    card = works.get("/dataset-versions/cells/card")
    assert card["n_left_out_unlike"] == 3
    assert card["left_out_unlike"] == {
        "The image is blurred": 1,
        "The file differs from this station's in its size in pixels": 2,
    }
    assert "3 images were left out: unlike their station's production" in card["summary"]
    assert card["n_left_out_without_truth"] == 0
    assert works.get(f"/images/{ids[0]}")["has_truth"]


def test_they_are_taken_all_the_same_when_somebody_says_so_and_that_is_logged(works: Works) -> None:
    ids = works.fill("lyon", 6)
    bar(works, ids[0], SNAPSHOT)
    version = works.freeze(selection={"include_unlike": True}).json()["version"]
    assert version["n_images"] == 6
    assert version["selection"]["include_unlike"]
    assert works.get("/dataset-versions/cells/card")["n_left_out_unlike"] == 0
    with works.house.hub.database.reading() as session:
        event = session.scalars(select(AuditRow).where(AuditRow.action == "dataset.frozen")).one()
    assert event.detail["include_unlike"] is True


def test_nothing_left_to_freeze_says_why(works: Works) -> None:
    bar(works, works.push("lyon"), SNAPSHOT)
    refused = works.freeze()
    assert refused.json()["code"] == "dataset-nothing-to-freeze"
    assert "1 are unlike it" in refused.json()["detail"]
    assert "include_unlike" in refused.json()["remedy"]
