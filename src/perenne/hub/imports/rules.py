"""Pure decisions on imports: where one stands, which files it takes, and where its classes lead."""

import re
from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from pathlib import PurePosixPath
from typing import Any, Protocol

from perenne.formats import IMAGE_SUFFIXES, Finding, NameRefused, clean_name
from perenne.hub.imports.errors import FileNotUsable, MappingIncomplete, WrongMoment
from perenne.kit.errors import PerenneError
from perenne.kit.ids import slugify

TABLE_SUFFIXES = (".json", ".csv", ".tsv")
USABLE = (*IMAGE_SUFFIXES, *TABLE_SUFFIXES)
MAX_PATH_BYTES = 1000
MAX_NAME_BYTES = 240
_LINE = re.compile(r"^(?:(?P<file>[^:]+): )?line (?P<line>\d+)$")
_ENTRY = re.compile(r"^(?:(?P<file>[^:]+): )?(?P<entry>(?:images|annotations|categories)\b.*)$")


class ImportState(StrEnum):
    """Where an import stands."""

    COLLECTING = "collecting"
    CHECKING = "checking"
    CHECKED = "checked"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"


S = ImportState
TRANSITIONS: dict[tuple[ImportState, str], ImportState] = {
    (S.COLLECTING, "receive"): S.COLLECTING,
    (S.COLLECTING, "check"): S.CHECKING,
    (S.CHECKED, "check"): S.CHECKING,
    (S.FAILED, "check"): S.CHECKING,
    (S.CHECKING, "found"): S.CHECKED,
    (S.CHECKED, "run"): S.RUNNING,
    (S.FAILED, "run"): S.RUNNING,
    (S.RUNNING, "done"): S.SUCCEEDED,
    (S.COLLECTING, "cancel"): S.CANCELLED,
    (S.CHECKING, "cancel"): S.COLLECTING,
    (S.CHECKED, "cancel"): S.CANCELLED,
    (S.RUNNING, "cancel"): S.CANCELLED,
    (S.FAILED, "cancel"): S.CANCELLED,
}
"""A cancelled dry run loses nothing: the files are there still. A cancelled run keeps what came in."""
_SAID = {
    "receive": "take files",
    "check": "be checked",
    "run": "be run",
    "cancel": "be cancelled",
    "delete": "be deleted",
}


def next_state(state: ImportState, event: str) -> ImportState:
    """Return where `event` leads. Raises: WrongMoment naming what is possible."""
    try:
        return TRANSITIONS[state, event]
    except KeyError:
        possible = [_SAID[name] for (known, name) in TRANSITIONS if known == state and name in _SAID]
        raise WrongMoment(
            f"The import is {state} and cannot {_SAID.get(event, event)}.",
            remedy=f"It can {', '.join(possible)}." if possible else "Begin a new import.",
        ) from None


def state_now(state: str, *, job_state: str | None) -> ImportState:
    """Return where an import stands: one at work whose job has ended without it has failed or was stopped.

    >>> str(state_now("running", job_state="failed")), str(state_now("checking", job_state="cancelled"))
    ('failed', 'collecting')
    """
    present = ImportState(state)
    if present not in (S.CHECKING, S.RUNNING) or job_state in ("queued", "running", "succeeded"):
        return present
    return S.FAILED if job_state != "cancelled" else next_state(present, "cancel")


def usable_path(path: str) -> str:
    """Return the clean relative path of a file that an import takes. Raises: FileNotUsable."""
    try:
        clean = clean_name(path)
    except NameRefused as refusal:
        raise FileNotUsable(
            f"The file is not taken: {refusal}.", remedy="Name it relative to its folder."
        ) from refusal
    parts = [part.encode() for part in clean.split("/")]
    if sum(map(len, parts)) > MAX_PATH_BYTES - len(parts) or max(map(len, parts)) > MAX_NAME_BYTES:
        raise FileNotUsable(
            f"'{clean[:60]}…' is not taken: its name is too long.", remedy="Shorten the name or its folders."
        )
    if not clean.lower().endswith(USABLE):
        raise FileNotUsable(
            f"'{clean[:120]}' is not taken: an import holds images and tables of labels.",
            remedy=f"Send files that end in {', '.join(USABLE)}.",
        )
    return clean


def is_image(path: str) -> bool:
    """Say whether a file is an image, by its name."""
    return path.lower().endswith(IMAGE_SUFFIXES)


def folders_above(path: str) -> list[str]:
    """Return the folders that a file lies in.

    >>> folders_above("a/b/c.jpg")
    ['a/b', 'a']
    """
    return [str(parent) for parent in PurePosixPath(path).parents][:-1]


class KnownSchema(Protocol):
    """What is known of a label schema."""

    slug: str
    problem: str
    classes: list[str]
    good_class: str | None


def match_classes(given: Iterable[str], known: Sequence[str]) -> dict[str, str | None]:
    """Return for each given class the known one of the same name, spelling aside; None when there is none.

    >>> match_classes(["Mouse Bite", "pin"], ["mouse_bite", "open"])
    {'Mouse Bite': 'mouse_bite', 'pin': None}
    """
    by_name = {slugify(name): name for name in reversed(known)}
    exact = set(known)
    return {name: name if name in exact else by_name.get(slugify(name)) for name in given}


def choose_schema(
    schemas: Sequence[KnownSchema], *, problem: str, given: Sequence[str]
) -> KnownSchema | None:
    """Return the schema that has a place for every given class, the tightest one; None without any."""
    fitting = [
        schema
        for schema in schemas
        if schema.problem == problem and None not in match_classes(given, schema.classes).values()
    ]
    return min(fitting, key=lambda schema: len(schema.classes), default=None)


def propose_mapping(
    given: Sequence[str], *, said: Mapping[str, str | None], schema: KnownSchema | None, grows: bool
) -> dict[str, str | None]:
    """Return where each given class leads: as a person said, else to the same name in the schema."""
    fresh: dict[str, str | None] = {name: name[:100] for name in given}
    found = fresh if schema is None else match_classes(given, schema.classes)
    if schema is not None and grows:
        found = {name: known or fresh[name] for name, known in found.items()}
    return {name: said.get(name, found[name]) for name in given}


def check_mapping(mapping: Mapping[str, str | None], *, schema: KnownSchema, problem: str) -> None:
    """Return when every mapped class has its place in the schema. Raises: MappingIncomplete."""
    if schema.problem != problem:
        raise MappingIncomplete(
            f"The files hold a {problem}, and the label schema '{schema.slug}' is a {schema.problem}.",
            remedy="Choose a schema of the same problem, or name a new one.",
        )
    strangers = sorted({name for name in mapping.values() if name is not None} - set(schema.classes))
    if strangers:
        raise MappingIncomplete(
            f"The label schema '{schema.slug}' has no class {', '.join(strangers[:5])}.",
            remedy=f"Choose among {', '.join(schema.classes[:20])}, leave it out, or let the schema grow.",
        )


def as_issue(finding: Finding, *, source: str) -> dict[str, Any]:
    """Return a reader's finding as an issue: its file, its line where there are lines, what, and remedy."""
    file, line, what = finding.where, None, finding.what
    if match := _LINE.match(finding.where):
        file, line = match["file"] or source, int(match["line"])
    elif match := _ENTRY.match(finding.where):
        file, what = match["file"] or source, f"{match['entry']}: {finding.what}"
    return issue(file, what, finding.remedy, code=finding.code, severity=finding.level, line=line)


def issue(
    file: str, what: str, remedy: str, *, code: str, severity: str = "error", line: int | None = None
) -> dict[str, Any]:
    """Return an issue as it is kept."""
    return {
        "file": file[:1000], "line": line, "severity": severity, "code": code,
        "what": what[:1000], "remedy": remedy[:500],
    }  # fmt: skip


def refusal_issue(file: str, error: PerenneError) -> dict[str, Any]:
    """Return why a file was refused, as an issue."""
    code = str(error.extra.get("reason_code", error.code))
    return issue(file, error.detail, error.remedy, code=code)


def first_issues(issues: Sequence[dict[str, Any]], *, most: int) -> list[dict[str, Any]]:
    """Return at most `most` issues, errors before warnings, in their order."""
    return sorted(issues, key=lambda one: one["severity"] != "error")[:most]
