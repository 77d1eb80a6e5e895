"""Each room keeps to its files, shows one door to the others, and takes only the third parties it may."""

import ast
import sys
from fnmatch import fnmatch
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from .conftest import Module

ROOM_FILES = {
    "__init__", "tables", "queries", "rules", "service", "schemas", "api", "jobs", "events", "errors",
}  # fmt: skip
# What a room has beside these. The list may only shrink: a new name here needs a reason in the change's text.
FURTHER_FILES: dict[str, set[str]] = {
    # GuardedRouter and Caller, for the routes of every room; browser sessions; how often one may try
    "accounts": {"auth", "sessions", "attempts"},
    # very many images on a screen; small pictures, made once; what a station's images are like, and each one;
    # from names to ids
    "images": {"gallery", "thumbnails", "gate", "measuring", "placing"},
    # the tick: what is new, one stream in memory, its samples, references, alarms, the one transaction that
    # writes; then the cause, the probes; and what people read: the room's rows, time lines, one image
    "monitoring": {
        "stream",
        "ticking",
        "records",
        "watcher",
        "sampling",
        "referring",
        "alarming",
        "findings",
        "writing",
        "causes",
        "probing",
        "telling",
        "history",
        "imaging",
        "windowing",  # one span beside the reference
    },
    "models": {"inspection", "inspector"},  # a process of its own that looks into an upload
    # what one answer was worth; the step that keeps all in step with labels; what is said without labels
    "performance": {"judging", "catching_up", "estimating"},
    # the numbers and curves, apart from how they are kept; what they were at each site over time; what an
    # image met; answers that took their time; where performance is lost and which labels are doubtful
    "evaluation": {"measuring", "outcomes", "curves", "history", "lineage", "kept", "debugging"},
    # one image's path; open models; shared commits; the first page; a station's screen; why it answered so
    "deployments": {"inspection", "loaded", "recording", "overview", "live", "explaining"},
    # what stands on the pages and in which words; small charts; one writer a format
    "reports": {"pages", "wording", "charts", "html", "pdf"},
    "imports": {"intake", "reading", "staging"},  # the jobs' steps; what files hold; where they lie
    "datasets": {"card", "exporting", "freezing", "manifest", "near_duplicates"},  # the parts of one use case
}
FREE_ROOMS = {"app", "worker", "infra"}  # they serve all rooms and are laid out by what they join

# Packages that have a home: only modules matching one of the patterns import them.
HOMES = {
    "torch": ("recipes.*", "trainer.*"),
    "transformers": ("recipes.*",),
    "safetensors": ("recipes.*", "trainer.*"),
    "fastapi": ("hub.*.api", "hub.app.*", "hub.accounts.auth", "testing.*"),
    "starlette": ("hub.*.api", "hub.app.*", "hub.accounts.auth", "testing.*"),
    "sqlalchemy": (
        "hub.*.tables",
        "hub.*.queries",
        "hub.*.service",
        "hub.infra.*",
        "hub.app.*",
        "hub.accounts.auth",
        "hub.accounts.sessions",
        "hub.images.gallery",
        "hub.images.gate",
        "hub.images.measuring",
        "hub.images.placing",
        "hub.evaluation.history",
        "hub.evaluation.lineage",
        "hub.evaluation.debugging",
        "hub.deployments.explaining",
        "hub.deployments.inspection",
        "hub.deployments.live",
        "hub.deployments.overview",
        "hub.deployments.recording",
        "hub.imports.intake",
        "hub.monitoring.stream",
        "hub.monitoring.ticking",
        "hub.monitoring.writing",
        "hub.monitoring.causes",
        "hub.monitoring.probing",
        "hub.monitoring.telling",
        "hub.monitoring.history",
        "hub.monitoring.imaging",
        "hub.monitoring.windowing",
        "hub.performance.catching_up",
        "hub.performance.estimating",
        "testing.*",
    ),
    "alembic": ("hub.infra.*", "hub.app.revise"),
    "dbos": ("hub.infra.jobs.*",),
    "obstore": ("hub.infra.blobs.*",),
    "reportlab": ("hub.reports.pdf",),
    "argon2": ("hub.infra.*", "hub.accounts.*"),
    "typer": ("cli.*",),
    "rich": ("cli.*",),
    "uvicorn": ("cli.*", "hub.app.*", "testing.*"),
    "onnxruntime": ("runtime.*", "recipes.lite.export"),
    "hotcoco": ("problems.detection.matching",),
}
# Rooms that run everywhere, also on the box beside the line: what they may take beside the standard library.
LOW_ROOMS = ("kit", "geometry", "quality", "stats", "problems", "monitoring")
LOW_PARTIES = {"numpy", "scipy", "sklearn", "cv2", "PIL"}
LOW_EXCEPTIONS = {"problems.detection.matching": {"hotcoco"}}  # docs/decisions/0008


def test_a_hub_room_has_only_the_files_that_every_room_may_have(package: "Path") -> None:
    strangers = [
        str(path.relative_to(package))
        for path in (package / "hub").glob("*/*.py")
        if path.parent.name not in FREE_ROOMS
        and path.stem not in ROOM_FILES | FURTHER_FILES.get(path.parent.name, set())
    ]
    assert not strangers, f"Not among {sorted(ROOM_FILES)}: {strangers}"


def test_the_list_of_further_files_only_shrinks(package: "Path") -> None:
    gone = [
        f"{room}/{name}"
        for room, names in FURTHER_FILES.items()
        for name in names
        if not (package / "hub" / room / f"{name}.py").exists()
    ]
    assert not gone, f"Take these out of FURTHER_FILES: {gone}"


def test_every_room_of_the_hub_has_a_card(modules: "list[Module]") -> None:
    """The card says what the room owns and what it does not do."""
    for module in modules:
        if module.hub_room and module.path.name == "__init__.py" and module.name.count(".") == 1:
            card = (ast.get_docstring(module.tree) or "").lower()
            assert "owns" in card, f"{module.path}: the room card does not say what it owns"
            assert any(word in card for word in ("does not", "refuses", "decides nothing")), (
                f"{module.path}: the card has no limits"
            )


def test_the_hubs_rooms_meet_at_their_doors_only(modules: "list[Module]") -> None:
    """A room imports another as `perenne.hub.<room>`; `accounts.auth` is the second door, for routes."""
    broken = []
    for module in modules:
        if module.hub_room in FREE_ROOMS or module.name.startswith("testing"):
            continue
        for name, line in module.imports():
            parts = name.split(".")
            if (
                parts[:2] != ["perenne", "hub"]
                or len(parts) < 4
                or parts[2] in {module.hub_room, *FREE_ROOMS}
            ):
                continue
            if parts[2:4] == ["accounts", "auth"] and module.path.stem in {"api", "auth"}:
                continue
            if parts[2] == "settings" or not _is_a_module(module.path, parts[2:4]):
                continue
            broken.append(f"{module.name}:{line} imports {name}")
    assert not broken, "Import the room itself and let its card re-export the name:\n" + "\n".join(broken)


def test_third_parties_stay_where_they_belong(modules: "list[Module]") -> None:
    broken = []
    for module in modules:
        name = module.name + (".__init__" if module.path.name == "__init__.py" else "")
        for imported, line in module.imports():
            homes = HOMES.get(imported.split(".")[0])
            if homes is not None and not any(fnmatch(name, home) for home in homes):
                broken.append(f"{module.name}:{line} imports {imported}, which belongs to {', '.join(homes)}")
    assert not broken, "\n".join(broken)


def test_low_rooms_take_numbers_and_images_and_nothing_more(modules: "list[Module]") -> None:
    broken = []
    for module in modules:
        if module.name.split(".")[0] not in LOW_ROOMS:
            continue
        allowed = LOW_PARTIES | LOW_EXCEPTIONS.get(module.name, set()) | {"perenne"} | sys.stdlib_module_names
        for imported, line in module.imports():
            if imported.split(".")[0] not in allowed:
                broken.append(f"{module.name}:{line} imports {imported}")
    assert not broken, "\n".join(broken)


def _is_a_module(importer: "Path", room_and_name: list[str]) -> bool:
    """Say whether `perenne.hub.<room>.<name>` is a file of the room, not a name that its card re-exports."""
    hub = next(parent for parent in importer.parents if parent.name == "perenne") / "hub"
    room, name = room_and_name
    return (hub / room / f"{name}.py").exists() or (hub / room / name).is_dir()
