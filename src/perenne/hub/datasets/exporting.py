"""A version in another tool's format: the manifest's lines as images with their truth and context.

Owns what becomes a field and what is counted as lost. Refuses to show what the manifest does not: of a
sealed test set only how many images were withheld.
"""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from perenne.formats import WRITERS, ExportedImage, LossReport
from perenne.hub.datasets.manifest import read_manifest
from perenne.wire.datasets import ManifestLine

FILES = {"coco": ("annotations.json", "application/json"), "csv": ("labels.csv", "text/csv; charset=utf-8")}
SUFFIXES = {"JPEG": "jpg", "TIFF": "tif"}
WITHHELD = "images of the sealed test set (withheld)"
NOT_SAID = ("who gave the truth, and when", "part, batch, camera and original file name")
_FIELDS = ("image_id", "split", "site", "line", "station", "product", "reference_id")


def export_version(
    manifest: bytes, *, format_name: str, to: Path, name: str, manifest_sha256: str, n_images: int
) -> LossReport:
    """The file `to` holds the version; return what the format could not say.

    Raises: UnreadableSet when the format cannot hold the version's problem.
    """
    header, lines = read_manifest(manifest)
    withheld = n_images - (len(manifest.splitlines()) - 1)
    about: dict[str, Any] = {
        "description": f"Dataset version {name}",
        "perenne_version": name,
        "perenne_manifest_sha256": manifest_sha256,
        "perenne_problem": header.problem,
        "perenne_withheld": withheld,
    }
    loss = WRITERS.get(format_name)(to, _images(lines), classes=header.classes, about=about)
    return loss if not withheld else replace(loss, lost={**loss.lost, WITHHELD: withheld})


def _images(lines: Iterator[ManifestLine]) -> Iterator[ExportedImage]:
    for line in lines:
        fields = {field: value for field in _FIELDS if (value := getattr(line, field)) is not None}
        if line.captured_at is not None:
            fields["captured_at"] = line.captured_at.isoformat()
        yield ExportedImage(
            file_name=f"{line.image_id}.{SUFFIXES.get(line.format, line.format.lower())}",
            width=line.width,
            height=line.height,
            target=line.target,
            fields={**fields, "sha256": line.image, "group_key": line.group},
            not_representable=NOT_SAID,
        )
