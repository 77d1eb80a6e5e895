"""What the hub says in a sentence has a code and values beside it, and every language words every code."""

import ast
import json
import re
import tomllib
from typing import Any

import pytest
from pydantic import BaseModel

from perenne.monitoring.acquisition_changes import KINDS
from perenne.wire import gates, images, monitoring, performance, reports
from perenne.wire.base import Message

from .conftest import PACKAGE, ROOT

LANGUAGES = ("en", "fr")
SENTENCES = {
    "caution", "close_reason", "detail", "label", "missing", "reason", "text", "unit_reason", "why",
    "why_collecting", "why_not", "why_open",
}  # fmt: skip
"""Names of fields in which the hub may say a sentence."""
PEOPLES = {
    "ReferenceRequest.reason", "IncidentClosing.reason", "ClaimNew.reason", "Certificate.reason",
    "ReportedIncident.close_reason", "GateCalibration.reason", "GateRequest.reason", "ReportedChange.reason",
    "LabelSuspect.reason", "Refusal.detail",
}  # fmt: skip
"""Fields of such a name that only people write, that hold one word of a list, or that have a code beside."""
NAMES = {
    "act", "action", "alpha", "answer", "assignee", "by", "calibrated_by", "camera", "cause",
    "channel", "close_reason", "closed_by", "code", "confirmed_cause", "container", "cursor",
    "expected", "file_name", "format", "found", "given",
    "group_key", "id", "key", "kind", "label_class", "label_schema",
    "last_decision", "last_detail", "last_file_name", "line", "main_channel", "merged_into",
    "metric", "model", "month", "name", "note", 
    "product_name", "site_name", "station_name", "number",
    "primary", "problem", "product", "reference", "remedy", "set_by", "sha256",
    "signature", "signature_strength", "site", "station", "time_zone", "truth",
    "unit", "what", "words", "closed_reason", "verdict",
}  # fmt: skip
"""Fields that name something, hold what a person wrote, or have a `code` beside them in the same message."""


def messages() -> list[type[BaseModel]]:
    """Return every message that the pages of watching read."""
    return sorted(
        {
            thing
            for room in (monitoring, performance, reports, images, gates)
            for thing in vars(room).values()
            if isinstance(thing, type) and issubclass(thing, Message) and thing.__module__ == room.__name__
        },
        key=lambda one: one.__name__,
    )


def texts_of(message: type[BaseModel]) -> list[str]:
    """Return the fields of a message that hold free text."""
    return [name for name, field in message.model_fields.items() if field.annotation in (str, str | None)]


@pytest.mark.parametrize("message", messages(), ids=lambda one: one.__name__)
def test_a_sentence_of_the_hub_has_its_code_beside_it(message: type[BaseModel]) -> None:
    for name in texts_of(message):
        whole = f"{message.__name__}.{name}"
        if name in SENTENCES and whole not in PEOPLES:
            assert f"{name}_said" in message.model_fields, (
                f"{whole} holds a sentence in English only: give it {name}_said, or name it in PEOPLES."
            )
        elif whole not in PEOPLES:
            assert name in NAMES or name.endswith("_id"), (
                f"{whole} is new: if the hub says a sentence in it, name it in SENTENCES and give it "
                f"{name}_said; if it is a name or a person's words, name it in NAMES."
            )
    for name in message.model_fields:
        assert not name.endswith("_said") or name.removesuffix("_said") in message.model_fields


def said_in_the_code() -> dict[str, set[str]]:
    """Return the codes that the package says, each with the names of its values."""
    found: dict[str, set[str]] = {}
    for path in PACKAGE.rglob("*.py"):
        if "Said(" not in (text := path.read_text(encoding="utf-8")):
            continue
        for call in ast.walk(ast.parse(text)):
            if not (
                isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "Said"
            ):
                continue
            given = {word.arg: word.value for word in call.keywords}
            code = given.get("code")
            parts = [code.body, code.orelse] if isinstance(code, ast.IfExp) else [code]
            codes = [part.value for part in parts if isinstance(part, ast.Constant)]
            values = {str(name) for name in given if name not in ("code", None)}
            for one in codes:
                found[str(one)] = found.get(str(one), set()) | values
    return found


def leaves(texts: dict[str, Any], *, before: str = "") -> dict[str, str]:
    """Return texts by their whole key."""
    found: dict[str, str] = {}
    for key, value in texts.items():
        found |= leaves(value, before=f"{before}{key}.") if isinstance(value, dict) else {before + key: value}
    return found


def on_pages(language: str) -> dict[str, str]:
    """Return what the web app says of each code."""
    path = ROOT / "web" / "src" / "locales" / language / "monitoring.json"
    return leaves(json.loads(path.read_text(encoding="utf-8"))["said"])


def on_paper(language: str) -> dict[str, str]:
    """Return what a report says of each code."""
    path = PACKAGE / "hub" / "reports" / "words" / f"{language}.toml"
    return leaves(tomllib.loads(path.read_text(encoding="utf-8"))["said"])


@pytest.mark.parametrize("language", LANGUAGES)
def test_pages_word_every_code_with_values_that_it_has(language: str) -> None:
    said, told = said_in_the_code(), on_pages(language)
    assert len(said) > 25
    assert not set(said) - set(told), f"{language}: no words for {sorted(set(said) - set(told))}"
    unsaid = {code for code in told if not code.startswith("word.")} - set(said)
    assert not unsaid, f"{language}: nobody says {sorted(unsaid)}"
    for code, values in said.items():
        gaps = set(re.findall(r"{{(\w+)}}", told[code]))
        assert gaps <= values, f"{language} {code}: no value {sorted(gaps - values)}"


@pytest.mark.parametrize("language", LANGUAGES)
def test_pages_word_every_kind_of_change_that_a_signature_may_name(language: str) -> None:
    path = ROOT / "web" / "src" / "locales" / language / "monitoring.json"
    told = json.loads(path.read_text(encoding="utf-8"))["signature"]
    assert set(told) == {"spot", "spot_grey", *(kind.name for kind in KINDS)}


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_report_words_every_code_that_it_may_hold(language: str) -> None:
    said, told = said_in_the_code(), on_paper(language)
    wanted = {code for code in said if code.split(".")[0] in ("claim", "estimate", "few")}
    assert wanted == {code for code in told if not code.startswith("word.")}
    for code in wanted:
        assert set(re.findall(r"{(\w+)}", told[code])) <= said[code], (language, code)


def test_no_page_marks_a_sentence_of_watching_as_english() -> None:
    rooms = ROOT / "web" / "src" / "rooms"
    marked = [
        path.relative_to(rooms).as_posix()
        for room in ("monitoring", "performance", "images")
        for path in (rooms / room).rglob("*.tsx")
        if 'lang="en"' in path.read_text(encoding="utf-8")
    ]
    assert not marked, marked
