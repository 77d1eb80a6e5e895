"""What the hub says in a sentence stands in a French report in French."""

from perenne.hub.reports.wording import wording_of
from perenne.wire.base import Said

FRENCH, ENGLISH = (wording_of(language, time_zone="Europe/Paris") for language in ("fr", "en"))


def plain(text: str) -> str:
    """Return a text with plain spaces."""
    return text.replace("\u202f", " ").replace("\u00a0", " ")


def test_a_sentence_is_told_in_the_language_with_its_numbers_and_days() -> None:
    values = {"week": "2026-11-02", "metric": "recall", "expected": 0.954, "measured": 0.81}
    said = Said(code="estimate.contradicted", values=values)
    told = plain(FRENCH.sentence(said, "In the week of 2026-11-02 …"))
    assert (
        told.startswith("Dans la semaine du 2 nov. 2026, 0,95 était attendu pour le rappel")
        and "0,81" in told
    )
    assert "Nov" in ENGLISH.sentence(said, None) and "recall was expected to be 0.95" in ENGLISH.sentence(
        said, None
    )


def test_channels_shares_and_words_are_told_by_their_names() -> None:
    moved = Said(code="estimate.alarms", values={"channels": ["acquisition.sharpness"]})
    assert "(Netteté)" in FRENCH.sentence(moved, None)
    unlike = Said(code="estimate.unlike", values={"share": 0.896, "least_share": 0.9})
    assert plain(FRENCH.sentence(unlike, None)).startswith("Seules 89,6 % des images")
    few = Said(code="few", values={"got": 40, "needed": 100, "unit": "labelled images"})
    assert plain(FRENCH.sentence(few, None)) == "Trop peu (images étiquetées) : 40 ; il en faut au moins 100."


def test_an_unknown_code_falls_back_to_the_english_sentence() -> None:
    assert FRENCH.sentence(Said(code="claim.of_tomorrow"), "New.") == "New."
    assert FRENCH.sentence(None, "Old.") == "Old."
    kept_without_its_metric = Said(code="estimate.contradicted", values={"week": "2026-11-02"})
    assert FRENCH.sentence(kept_without_its_metric, "Old.") == "Old."
