"""A month on paper holds the numbers of the API, in both languages, the same bytes each time."""

import hashlib
import re
from datetime import datetime
from io import BytesIO
from typing import Any

import pytest
from pypdf import PdfReader

from perenne.hub.reports.pages import compose_report
from perenne.hub.reports.wording import wording_of
from perenne.wire.reports import MonthlyReport

from .conftest import MONTH, Plant

pytestmark = pytest.mark.xdist_group("reports")  # a month is played once for all of them


def _text(content: bytes) -> str:
    """Return the text of a PDF on one line."""
    pages = PdfReader(BytesIO(content)).pages
    return re.sub(r"\s+", " ", " ".join(page.extract_text() for page in pages))


def _three(figure: dict[str, Any]) -> str:
    return f"{figure['value']:.3f} ({figure['low']:.3f} to {figure['high']:.3f})"


def test_the_numbers_of_a_month_are_those_of_the_api(played: Plant) -> None:
    data = played.report(format="json").json()
    (certificate,) = played.get("/sites/lyon/claims")["items"]
    (told,) = data["certificates"]
    assert told == certificate | {"path": []}
    periods = played.get("/sites/lyon/performance")["periods"]
    assert data["periods"] == periods and len(periods) == 2
    estimates = {one["week"]: one for one in played.get("/sites/lyon/estimates")["items"]}
    assert [one["week"] for one in data["estimates"]] == ["2026-03-02", "2026-03-09"]
    assert data["estimates"][1] == estimates["2026-03-09"] and data["estimates"][1]["past_errors"]
    assert data["versions"][0]["n_inspected"] == 365
    assert (data["quality"]["refused"], data["quality"]["n_judged"]) == (5, 365)
    assert data["finished"] and data["other_labels"] == 0


def test_pages_of_both_kinds_tell_what_the_data_holds(played: Plant) -> None:
    data = played.report(format="json").json()
    page, paper = played.report().text, _text(played.report(format="pdf").content)
    (certificate,) = data["certificates"]
    f1 = next(f for f in data["periods"][0]["figures"] if f["metric"] == "f1")
    share = data["quality"]["refused_share"]
    wanted = [
        _three(certificate),
        _three(f1),
        f"{100 * share['value']:.2f}% ({100 * share['low']:.2f}% to {100 * share['high']:.2f}%)",
        _three(data["estimates"][1]),
        hashlib.sha256(played.report(format="json").content).hexdigest(),
    ]
    for number in wanted:
        assert number in page, number
        assert number.replace(" ", "") in paper.replace(" ", ""), number


def test_an_incident_is_told_with_its_cause_delay_and_who_closed_it_why(played: Plant) -> None:
    incidents = played.report(format="json").json()["incidents"]
    assert incidents, "the blurred images raised an alarm"
    first = incidents[0]
    known = played.get(f"/incidents/{first['id']}")
    alarm = min(known["alarms"], key=lambda one: one["raised_at"])
    assert (first["delay_images"], first["onset_at"]) == (alarm["delay_images"], alarm["onset_at"])
    assert first["unit"] == (alarm["promise"] or {}).get("unit")
    assert (first["state"], first["cause"], first["confirmed"]) == ("closed", "focus", True)
    assert first["close_reason"] == "Lens <i>cleaned</i>" and "org-admin" in first["closed_by"]


def test_signals_that_left_their_band_are_drawn_with_it(played: Plant) -> None:
    signals = played.report(format="json").json()["signals"]
    drawn = {one["channel"]: one for one in signals["items"]}
    sharp = drawn["acquisition.sharpness"]
    assert sharp["days_outside"] >= 1 and sharp["points"][-1]["q50"] < sharp["band"]["q05"]
    assert signals["n_outside"] >= len(drawn) and signals["n_watched"] > 10
    assert played.report().text.count("<svg") == len(signals["items"]) + 2, "and two of weeks"


def test_names_and_reasons_are_text_and_never_markup(played: Plant) -> None:
    page = played.report()
    assert "<script" not in page.text and "<i>cleaned" not in page.text and "<b>version" not in page.text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page.text
    policy = page.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'") and "unsafe" not in policy
    assert "style=" not in page.text and "http" not in page.text.replace("http-equiv", "")
    paper = _text(played.report(format="pdf").content)
    assert "<script>alert(1)</script>" in paper and "Lens <i>cleaned</i>" in paper


def test_a_finished_month_gives_the_same_bytes_at_any_time(played: Plant) -> None:
    before = {name: played.report(format=name) for name in ("html", "pdf", "json")}
    now, played.house.clock.at = played.house.clock.at, datetime.fromisoformat("2026-05-20T03:00:00+00:00")
    for name, answer in before.items():
        again = played.report(format=name)
        assert again.content == answer.content, name
        assert again.headers["x-perenne-made-at"] != answer.headers["x-perenne-made-at"]
    played.house.clock.at = now
    digest = hashlib.sha256(before["json"].content).hexdigest()
    assert before["pdf"].headers["x-perenne-data-sha256"] == digest


@pytest.mark.parametrize("name", ["html", "pdf"])
def test_french_pages_speak_french_with_french_numbers(played: Plant, name: str) -> None:
    content = played.report(format=name, language="fr").content
    text = _text(content) if name == "pdf" else content.decode()
    certificate = played.report(format="json").json()["certificates"][0]
    assert f"{certificate['low']:.3f}".replace(".", ",") in text
    for word in ("rapport mensuel, mars 2026", "pièces connues", "Netteté", "Mise au point", "L’été"):
        assert word in text, word
    for word in ("Certificates", "claim", "Week of", "sharpness"):
        assert word not in text, word


def test_an_empty_month_says_so(plant: Plant) -> None:
    page = plant.report("2026-02")
    assert "Nothing was recorded at this site in February 2026" in page.text and "<table" not in page.text
    french = _text(plant.report("2026-02", format="pdf", language="fr").content)
    assert "Rien n’a été enregistré sur ce site en février 2026" in french
    assert plant.report("2026-02", format="json").json()["verdict"] == "empty"


def test_only_months_with_records_are_listed_and_none_of_the_future(played: Plant) -> None:
    assert played.get("/sites/lyon/reports")["items"] == [{"month": MONTH, "finished": True}]
    for month, why in (("2026-05", "has not begun"), ("2026-13", "is no month"), ("march", "is no month")):
        answer = played.http().get(f"/api/v1/sites/lyon/reports/{month}")
        assert answer.status_code == 422 and why in answer.json()["detail"]
        assert answer.json()["code"] == "no-such-month"


def test_a_running_month_says_that_it_is_not_over(plant: Plant) -> None:
    plant.run(20)
    page = plant.report()
    assert "not over" in page.text and "No claim stood at this site" in page.text
    assert plant.get("/sites/lyon/reports")["items"] == [{"month": MONTH, "finished": False}]


def test_letters_that_the_typeface_of_paper_lacks_are_admitted(plant: Plant) -> None:
    plant.run(3)
    plant.deploy(reason="照明", by="李")
    assert "照明" in plant.report().text
    paper = _text(plant.report(format="pdf").content)
    assert "??" in paper and "typeface of this file lacks" in paper


def test_a_role_without_performance_reads_no_report(plant: Plant) -> None:
    assert plant.http("annotator").get("/api/v1/sites/lyon/reports/2026-03").status_code == 403
    assert plant.http("auditor").get("/api/v1/sites/lyon/reports/2026-03").status_code == 200


def test_what_happens_later_changes_nothing_but_late_labels_do(played_on: Plant) -> None:
    before = played_on.report(format="json").json()
    played_on.at = played_on.house.clock.now()
    later = played_on.run(30, bad=1.0)
    played_on.label(later, "bad", stream="audit")
    assert played_on.report(format="json").json() == before
    following = played_on.report("2026-04", format="json").json()
    assert following["certificates"][0]["n_labels"] == 85 + 30


def test_stations_are_told_by_their_names_and_delays_by_what_they_were_judged_by(played: Plant) -> None:
    report = MonthlyReport.model_validate(played.report(format="json").json())
    incident = report.incidents[0].model_copy(update={"unit": "lot", "delay_images": 24})
    named = report.model_copy(update={"station_names": {"s1": "Poste de Lyon"}, "incidents": [incident]})
    words = wording_of("fr", time_zone="Europe/Paris")
    told = repr(compose_report(named, data_sha256="0", words=words))
    assert "Poste de Lyon" in told and "après 24 images, jugées lot par lot" in told
