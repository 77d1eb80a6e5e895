"""The table of causes, read from `causes.toml` and checked: facts with their levels, a row for each cause.

Owns the shape of the table and the chance of a level under a cause, under two at once, and under none of
them. Refuses a table that names a fact, a level, a drift or an action that nobody knows.
"""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

CAUSES = (
    *("upstream", "focus", "light", "mount", "recompression", "new_product", "prevalence", "definition"),
    *("annotators", "new_defect", "sensor_fault", "release"),
)
UNKNOWN = "unknown"
DRIFTS = ("data", "concept", "label", "upstream", "sensor", "unknown")
ACTIONS = (
    *("roll_back", "maintenance_ticket", "tell_line_it", "new_context", "tell_production", "relabel"),
    *("calibrate_annotators", "annotate_cluster", "stop_line", "fleet_roll_back", "investigate"),
)
LIMITS = (
    *("embedding_distance", "far_some", "far_most", "prevalence", "explained", "audit_flat", "audit"),
    *(
        "remaining",
        "explained_some",
        "unnamed_distance",
        "labelled_flat",
        "agreement",
        "agreement_stable",
        "still_share",
        "dead_cells",
        "unlike_most",
        "prevalence_flat",
        "golden_sure",
        "window_sure",
        "many_sites",
    ),
)


@dataclass(frozen=True)
class Fact:
    """Something that is looked at. `levels[0]`: how it stands when nothing is wrong, `rest`: how often so."""

    levels: tuple[str, ...]
    rest: float
    weight: float


@dataclass(frozen=True)
class Row:
    """What one cause shows: for each fact that it moves the levels and how often it shows one of them.

    A cause that shows itself in two ways has two rows, each with a `variant`.
    """

    code: str
    variant: str
    drift: str
    action: str
    shows: Mapping[str, tuple[str, ...]]
    chance: Mapping[str, float]
    indifferent: frozenset[str]

    def expects(self, fact: str, level: str, *, rest: str) -> bool | None:
        """Say whether the level speaks for this cause; None where it may stand anyhow."""
        if fact in self.indifferent:
            return None
        if fact in self.shows:
            return level in self.shows[fact]
        return None if level == rest else False


@dataclass(frozen=True)
class Table:
    """All rows, and how much weight they start with."""

    facts: Mapping[str, Fact]
    rows: Mapping[str, Row]
    """By code, and variant where there is one: "upstream.file"."""
    unknown: Row
    limits: Mapping[str, float]
    any_rest: float
    any_moved: float
    pair_prior: float
    unknown_prior: float
    least_weight: float
    clear_lead: float

    def rows_of(self, code: str) -> tuple[Row, ...]:
        """Return the rows of a cause, that of "unknown" for any other code."""
        return tuple(row for row in self.rows.values() if row.code == code) or (self.unknown,)

    def chance(self, level: str, *, fact: str, under: Sequence[str]) -> float:
        """Return how often `fact` stands at `level` under no, one or two causes of the table.

        Two at once: a level away from rest is shown if either shows it, and rest only if neither moves it.
        A cause that says nothing of a fact leaves it to the other: chance moves it once, not twice.
        None: the average over all rows, for a cause that is in no row may move anything.
        """
        if not under:
            return sum(self._alone(level, fact, row) for row in self.rows.values()) / len(self.rows)
        rows = [self.rows[key] for key in under]
        touched = [row for row in rows if fact in row.shows or fact in row.indifferent] or rows[:1]
        chances = [self._alone(level, fact, row) for row in touched]
        product = 1.0
        if level == self.facts[fact].levels[0]:
            for chance in chances:
                product *= chance
            return product
        for chance in chances:
            product *= 1 - chance
        return 1 - product

    def _alone(self, level: str, fact: str, row: Row) -> float:
        levels = self.facts[fact].levels
        if fact in row.indifferent:
            return self.any_rest if level == levels[0] else self.any_moved
        shown = row.shows.get(fact, levels[:1])
        chance = row.chance.get(fact, self.facts[fact].rest)
        if level in shown:
            return chance / len(shown)
        others = [other for other in levels if other not in shown]
        if len(others) == 1 or levels[0] in shown:
            return (1 - chance) / len(others)
        rest = self.facts[fact].rest  # a fact that is not shown mostly stays at rest
        return (1 - chance) * (rest if level == levels[0] else (1 - rest) / (len(others) - 1))


@cache
def read_table() -> Table:
    """Return the table that comes with this package."""
    text = files("perenne.monitoring").joinpath("causes.toml").read_text(encoding="utf-8")
    return parse_table(text)


def parse_table(text: str) -> Table:
    """Return the table of a TOML text. Raises: ValueError naming everything that is wrong with it."""
    raw = tomllib.loads(text)
    facts = {
        name: Fact(tuple(one["levels"]), float(one["rest"]), float(one["weight"]))
        for name, one in raw["facts"].items()
    }
    rows = [_read_row(one) for one in raw["causes"]]
    unknown = Row(UNKNOWN, "", raw["unknown"]["drift"], raw["unknown"]["action"], {}, {}, frozenset(facts))
    faults = _check_codes(rows, unknown) + [fault for row in rows for fault in _check_row(row, facts)]
    faults += [f"[limits] lacks {name}" for name in LIMITS if name not in raw["limits"]]
    if faults:
        raise ValueError("The table of causes cannot be used: " + "; ".join(faults) + ".")
    return Table(
        facts=facts,
        rows={row.code + (f".{row.variant}" if row.variant else ""): row for row in rows},
        unknown=unknown,
        limits={name: float(value) for name, value in raw["limits"].items()},
        **{
            name: float(raw[name])
            for name in (
                "any_rest",
                "any_moved",
                "pair_prior",
                "unknown_prior",
                "least_weight",
                "clear_lead",
            )
        },
    )


def _read_row(raw: Mapping[str, Any]) -> Row:
    pattern = raw["pattern"]
    return Row(
        code=raw["code"],
        variant=raw.get("variant", ""),
        drift=raw["drift"],
        action=raw["action"],
        shows={fact: tuple(cell["shows"]) for fact, cell in pattern.items()},
        chance={fact: float(cell["chance"]) for fact, cell in pattern.items()},
        indifferent=frozenset(raw.get("any", ())),
    )


def _check_codes(rows: Sequence[Row], unknown: Row) -> list[str]:
    codes = [row.code for row in rows]
    faults = [f"the row of {code} is missing" for code in CAUSES if code not in codes]
    faults += [f"{code} is no cause" for code in codes if code not in (*CAUSES, UNKNOWN)]
    keys = [(row.code, row.variant) for row in rows]
    faults += [f"{code} has two rows" for code, _ in sorted({key for key in keys if keys.count(key) > 1})]
    for row in (*rows, unknown):
        if row.drift not in DRIFTS:
            faults.append(f"{row.code}: '{row.drift}' is no kind of drift")
        if row.action not in ACTIONS:
            faults.append(f"{row.code}: '{row.action}' is no action")
    return faults


def _check_row(row: Row, facts: Mapping[str, Fact]) -> list[str]:
    faults = [
        f"{row.code}: '{fact}' is no fact" for fact in (*row.shows, *row.indifferent) if fact not in facts
    ]
    faults += [f"{row.code}: {fact} is both shown and any" for fact in row.shows if fact in row.indifferent]
    if not row.shows:
        faults.append(f"{row.code}: no fact speaks for it")
    for fact, levels in row.shows.items():
        known = facts[fact].levels if fact in facts else levels
        faults += [f"{row.code}: {fact} has no level '{level}'" for level in levels if level not in known]
        if set(levels) >= set(known) and fact in facts:
            faults.append(f"{row.code}: {fact} shows every level; name it under any")
        if not 0 < row.chance[fact] < 1:
            faults.append(f"{row.code}: the chance of {fact} lies outside 0..1")
    return faults
