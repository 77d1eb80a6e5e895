"""What a person reads of an inspection on the terminal."""

from datetime import UTC, datetime

from perenne.cli.inspect import quality_lines
from perenne.wire.predictions import ImageQuality, Inspection, ModelName, QualityReason


def seen(quality: ImageQuality | None) -> Inspection:
    model = ModelName(id="mod_1", name="cells", number=1, problem="classification", artefact_sha256="ab")
    return Inspection(
        id="ins_1",
        image_id="img_1",
        site_id="sit_1",
        station_id="sta_1",
        deployment_id="dep_1",
        model=model,
        prediction={"class": "good"},
        decision="unsure",
        quality=quality,
        at=datetime(2026, 1, 1, tzinfo=UTC),
    )


def test_the_reasons_of_a_refused_image_are_told_in_words() -> None:
    reason = QualityReason(code="dark", words="The image is too dark (3, limit 12).", value=3, limit=12)
    quality = ImageQuality(verdict="refused", reasons=[reason])
    assert quality_lines(seen(quality)) == ["image refused. The image is too dark (3, limit 12)."]


def test_nothing_is_told_of_an_accepted_image_nor_by_a_hub_that_judges_none() -> None:
    assert quality_lines(seen(ImageQuality(verdict="accepted"))) == []
    assert quality_lines(seen(None)) == []
