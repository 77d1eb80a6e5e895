"""ARCHITECTURE.md leads to what is there: no path is invented, no room is left out."""

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

LINES = 200


def test_every_path_on_the_map_exists(root: "Path") -> None:
    missing = [path for path in _paths((root / "ARCHITECTURE.md").read_text()) if not _exists(root, path)]
    assert not missing, f"ARCHITECTURE.md leads nowhere: {missing}"


def test_every_room_is_on_the_map(root: "Path", package: "Path") -> None:
    text = (root / "ARCHITECTURE.md").read_text()
    rooms = [p.parent.relative_to(package) for p in package.glob("*/__init__.py")]
    rooms += [p.parent.relative_to(package) for p in package.glob("hub/*/__init__.py")]
    rooms += [p.parent.relative_to(package) for p in package.glob("problems/*/__init__.py")]
    missing = [
        str(room) for room in rooms if f"`{room}/`" not in text and f"`src/perenne/{room}/`" not in text
    ]
    assert not missing, f"Rooms without a place in ARCHITECTURE.md: {sorted(missing)}"


def test_a_room_that_is_still_to_come_is_not_there_yet(root: "Path", package: "Path") -> None:
    """When a room arrives, it moves from "still to come" to the map."""
    _, _, later = (root / "ARCHITECTURE.md").read_text().partition("## Still to come")
    arrived = [
        room
        for room in re.findall(r"^\| `([\w/]+)/`", later, re.M)
        if (package / room / "__init__.py").exists()
    ]
    assert later, "ARCHITECTURE.md has no section 'Still to come'"
    assert not arrived, f"These rooms are there now: {arrived}"


def test_the_map_stays_short_enough_to_be_read(root: "Path") -> None:
    assert len((root / "ARCHITECTURE.md").read_text().splitlines()) <= LINES


def _paths(text: str) -> set[str]:
    """Return what the map names as a path: code spans with a slash, before the part about what is to come."""
    now, _, _ = text.partition("## Still to come")
    spans = set(re.findall(r"`([^`\s]+)`", now))
    is_path = re.compile(r"[\w.\-]+(?:/[\w.\-*]+)*/?")
    return {s for s in spans if is_path.fullmatch(s) and ("/" in s or s.endswith((".md", ".toml")))}


def _exists(root: "Path", path: str) -> bool:
    """Say whether the path is there, from the checkout or from the folder of the rooms."""
    bases = (root, root / "src" / "perenne")
    return any(any(base.glob(path.rstrip("/"))) for base in bases)
