"""Texts, numbers and dates of a report in a language.

Owns how a number, a share, an interval, a day and a channel are told; the texts lie in `words/`. Refuses a
language without all texts, and a number's digits that its interval does not bear.
"""

import re
import tomllib
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from functools import lru_cache
from importlib.resources import files
from typing import Any

from perenne.hub.reports.rules import zone_of
from perenne.wire.base import Said
from perenne.wire.reports import ReportLanguage

PARTS = ("mean", "std", "q10", "q90")
SHARES = ("share", "least_share", "doubt", "most_doubt")
WORDS = ("unit", "metric")
DIGITS = {"least": 3, "most": 3}


@dataclass(frozen=True)
class Wording:
    """The texts of one language, and the clock of one site."""

    language: ReportLanguage
    texts: dict[str, Any]
    zone: tzinfo

    def say(self, key: str, **given: object) -> str:
        """Return the text of a key such as `head.title`, its braces filled."""
        return str(self._find(key)).format(**given)

    def say_number(self, key: str, number: int, /, **given: object) -> str:
        """Return the text of a key for one thing or for several; French counts 0 as one."""
        one = number == 1 or (number == 0 and self.language == "fr")
        return self.say(f"{key}_{'one' if one else 'other'}", **{"n": self.count(number), **given})

    def columns(self, room: str, **given: object) -> tuple[str, ...]:
        """Return the headings of a table."""
        return tuple(str(one).format(**given) for one in self._find(f"{room}.columns"))

    def name(self, kind: str, code: str) -> str:
        """Return the name of a code, such as a cause; the code itself where nobody foresaw it."""
        return str(self.texts[kind].get(code, code))

    def number(self, value: float, *, digits: int = 3) -> str:
        """Return a number with its decimals in the language's format."""
        text = f"{value:,.{digits}f}"
        if float(text.replace(",", "")) == 0:
            text = text.removeprefix("-")
        form = self.texts["format"]
        return text.translate(str.maketrans({",": form["thousands"], ".": form["decimal"]}))

    def count(self, value: int) -> str:
        """Return a whole number in the language's format."""
        return self.number(value, digits=0)

    def significant(self, value: float) -> str:
        """Return a number of a signal with about three digits."""
        size = abs(value)
        return self.number(value, digits=0 if size >= 100 else 1 if size >= 10 else 2 if size >= 1 else 3)

    def percent(self, share: float, *, digits: int = 1) -> str:
        """Return a share as a percentage."""
        return self.say("format.percent", value=self.number(100 * share, digits=digits))

    def interval(self, value: float, low: float, high: float) -> str:
        """Return a value with its interval."""
        told = (self.number(one) for one in (value, low, high))
        return self.say("format.interval", **dict(zip(("value", "low", "high"), told, strict=True)))

    def shares(self, value: float, low: float, high: float) -> str:
        """Return a share with its interval, in percent."""
        told = (self.percent(one, digits=2) for one in (value, low, high))
        return self.say("format.interval", **dict(zip(("value", "low", "high"), told, strict=True)))

    def day(self, at: date) -> str:
        """Return a day; of a moment the day at the site."""
        local = at.astimezone(self.zone) if isinstance(at, datetime) else at
        month = self.texts["months_short"][local.month - 1]
        return self.say("format.day", day=local.day, month=month, year=local.year)

    def day_short(self, at: date) -> str:
        """Return a day without its year."""
        return self.say("format.day_short", day=at.day, month=self.texts["months_short"][at.month - 1])

    def moment(self, at: datetime) -> str:
        """Return a moment by the clock of the site."""
        local = at.astimezone(self.zone)
        month = self.texts["months_short"][local.month - 1]
        return self.say("format.moment", day=local.day, month=month, year=local.year, time=f"{local:%H:%M}")

    def month(self, month: str) -> str:
        """Return the name of a month given as 2026-11."""
        year, number = month.split("-")
        return f"{self.texts['months'][int(number) - 1]} {year}"

    def join(self, parts: list[str]) -> str:
        """Return the parts as a list in a sentence."""
        return str(self.texts["format"]["list"]).join(parts)

    def channel(self, channel: str) -> str:
        """Return the name of a channel; one that nobody foresaw keeps its own name."""
        group, _, rest = channel.partition(".")
        name, _, of = rest.partition(".")
        part = ""
        if rest.rpartition(".")[2] in PARTS and "." in rest:
            rest, _, part = rest.rpartition(".")
            name, _, of = rest.partition(".")
        axis = re.fullmatch(r"axis(\d+)", name)
        key, of = ("axis", axis[1]) if axis else (f"{name}_of" if of else name, of)
        known = self.texts["channel"].get(group, {})
        told = str(known[key]).format(of=of) if key in known else channel
        return self.say(f"part.{part}", channel=told) if part else told

    def sentence(self, said: Said | None, english: str | None) -> str:
        """Return a sentence of the hub in the language; the English one where its code, or a value, is not
        known."""
        if said is None:
            return english or self.say("format.nothing")
        values = {name: self._value(name, value) for name, value in said.values.items()}
        try:
            return str(self._find(f"said.{said.code}")).format(**values)
        except KeyError:
            return english or self.say("format.nothing")

    def _value(self, name: str, value: Any) -> str:
        """Return a value of a sentence: a day, a share, a count, a figure, names, or a word."""
        if isinstance(value, list):
            return self.join([self.channel(one) for one in value])
        if isinstance(value, str):
            if name == "week":
                return self.day(date.fromisoformat(value))
            known = self.texts["said"]["word"] if name in WORDS else {}
            return str(known.get(value.replace(" ", "_"), value))
        if value is None:
            return self.say("format.nothing")
        if name in SHARES:
            return self.percent(value)
        return self.count(value) if isinstance(value, int) else self.number(value, digits=DIGITS.get(name, 2))

    def unit(self, unit: str) -> str:
        """Return the name of a unit; empty for a number without one."""
        return self.name("unit", unit.replace(" ", "_")) if unit else ""

    def _find(self, key: str) -> Any:
        found: Any = self.texts
        for name in key.split("."):
            found = found[name]
        return found


def wording_of(language: ReportLanguage, *, time_zone: str) -> Wording:
    """Return the words of a language, told by the clock of a site.

    >>> wording_of("fr", time_zone="UTC").number(1234.5, digits=1).replace("\u202f", " ")
    '1 234,5'
    """
    return Wording(language, read_texts(language), zone_of(time_zone))


@lru_cache
def read_texts(language: str) -> dict[str, Any]:
    """Return every text of a language."""
    return tomllib.loads((files("perenne.hub.reports") / "words" / f"{language}.toml").read_text("utf-8"))
