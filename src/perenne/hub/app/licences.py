"""The licences of what others made and this hub runs: Python packages as installed, the web app's as built.

Owns reading them. Refuses to list tools for developers: it follows what Perenne's own extras require.
"""

import json
import re
from functools import cache
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

from perenne.wire.about import Licence

EXTRAS = {"hub", "edge", "train"}
"""Extras of Perenne whose requirements run with it, as far as they are installed."""
UNKNOWN = "unknown"
_REQUIREMENT = re.compile(r"^\s*([A-Za-z0-9._-]+)\s*(?:\[([^\]]*)\])?")
_EXTRA = re.compile(r"""extra\s*==\s*['"]([^'"]+)['"]""")
LONGEST = 80


@cache
def python_licences() -> tuple[Licence, ...]:
    """Return name, version and licence of every installed package that Perenne needs to run, by name."""
    found: dict[str, Licence] = {}
    seen: set[tuple[str, frozenset[str]]] = set()
    waiting: list[tuple[str, frozenset[str]]] = [("perenne", frozenset(EXTRAS))]
    while waiting:
        name, extras = waiting.pop()
        key = re.sub(r"[-_.]+", "-", name).lower()
        if (key, extras) in seen:
            continue
        seen.add((key, extras))
        try:
            package = distribution(name)
        except PackageNotFoundError:
            continue  # of another platform, or of an extra that is not installed
        waiting += required_by(package.requires or [], extras=extras)
        if key != "perenne":
            found[key] = Licence(
                name=package.name, version=package.version, licence=licence_of(package), kind="python"
            )
    return tuple(found[key] for key in sorted(found))


def required_by(requirements: list[str], *, extras: frozenset[str]) -> list[tuple[str, frozenset[str]]]:
    """Return the packages, with their own extras, that such requirements name for these extras."""
    needed = []
    for requirement in requirements:
        head, _, marker = requirement.partition(";")
        asked_by = set(_EXTRA.findall(marker))
        named = _REQUIREMENT.match(head)
        if named is None or (asked_by and not asked_by & extras):
            continue
        own = frozenset(part.strip() for part in (named[2] or "").split(",") if part.strip())
        needed.append((named[1], own))
    return needed


def licence_of(package: Distribution) -> str:
    """Return what a package says of its licence: expression, else a word, classifiers, its file's title."""
    said = package.metadata.json
    expression, word = str(said.get("license_expression", "")), str(said.get("license", "")).strip()
    if expression:
        return expression
    word = "" if word.lower() == UNKNOWN else word
    if word and "\n" not in word and len(word) <= LONGEST:
        return word
    classifiers = [line for line in said.get("classifier", []) if line.startswith("License :: ")]
    told = [line.rpartition(" :: ")[2] for line in classifiers]
    return ", ".join(dict.fromkeys(told)) or _title(word) or _title(_licence_text(package)) or UNKNOWN


def _licence_text(package: Distribution) -> str:
    for file in package.files or []:
        if ".dist-info" in file.parts[0] and file.name.upper().startswith(("LICENSE", "LICENCE", "COPYING")):
            return str(package.read_text(str(Path(*file.parts[1:]))) or "")
    return ""


def _title(text: str) -> str:
    return next((line.strip()[:LONGEST] for line in text.splitlines() if line.strip()), "")


def web_licences(folder: Path) -> list[Licence]:
    """Return the packages of the built web app, as its build wrote them down; none when it is not built."""
    try:
        rows = json.loads((folder / "licences.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return []
    return [
        Licence(name=str(row["name"]), version=str(row["version"]), licence=str(row["licence"]), kind="web")
        for row in rows
    ]
