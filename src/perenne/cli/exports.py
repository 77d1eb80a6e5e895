"""The images that an exported file speaks of, fetched beside it.

Owns the folders `images` and `templates`, where `perenne import` finds them again. Refuses to fetch twice
what is there already.
"""

import csv
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

from perenne.kit.hashing import sha256_file

if TYPE_CHECKING:
    from perenne.client.client import Client

PARALLEL = 4


def fetch_exported(client: "Client", path: Path) -> int:
    """Return how many images were fetched; those that were there with the right content stay."""
    wanted = list(_missing(path))

    def fetch(one: tuple[Path, str]) -> None:
        target, image_id = one
        target.parent.mkdir(parents=True, exist_ok=True)
        partial = target.with_name(target.name + ".partial")
        partial.write_bytes(client.images.content(image_id))
        partial.replace(target)

    with ThreadPoolExecutor(PARALLEL) as pool:
        return len(list(pool.map(fetch, wanted)))


def _missing(path: Path) -> Iterator[tuple[Path, str]]:
    for image in _images(path):
        name = Path(image.get("file_name") or image["file"]).name
        target = path.parent / "images" / name
        if not target.exists() or sha256_file(target) != image["sha256"]:
            yield target, image["image_id"]
        template = path.parent / "templates" / name
        if image.get("reference_id") and not template.exists():
            yield template, image["reference_id"]


def _images(path: Path) -> list[dict[str, Any]]:
    if path.suffix == ".json":
        images: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))["images"]
        return images
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))
