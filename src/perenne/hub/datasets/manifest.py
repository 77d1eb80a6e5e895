"""The manifest: the canonical NDJSON whose hash is a version's content address.

Owns its bytes: a header line, then one line an image, sorted by hash, each canonical JSON. Refuses order of
arrival, clock and ids of people in it, so that the same content always has the same address.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from perenne.kit.hashing import canonical_json
from perenne.wire.datasets import ManifestHeader, ManifestLine, Split


def write_manifest(header: ManifestHeader, lines: Iterable[ManifestLine]) -> bytes:
    """Return the manifest's bytes; lines sorted by image hash, absent fields left out.

    >>> header = ManifestHeader(problem="regression", classes=[], schema_id="sch_1", splits=["train"])
    >>> write_manifest(header, [])
    b'{"classes":[],"perenne_manifest":1,"problem":"regression","schema_id":"sch_1","splits":["train"]}\\n'
    """
    ordered = sorted(lines, key=lambda line: line.image)
    rows = [canonical_json(header.model_dump(mode="json"))]
    rows += [canonical_json(line.model_dump(mode="json", exclude_none=True)) for line in ordered]
    return b"".join(row + b"\n" for row in rows)


def read_manifest(data: bytes) -> tuple[ManifestHeader, Iterator[ManifestLine]]:
    """Return the header, and the lines as they are read. Raises: ValidationError on foreign content."""
    rows = data.splitlines()
    header = ManifestHeader.model_validate_json(rows[0] if rows else b"")
    return header, (ManifestLine.model_validate_json(row) for row in rows[1:])


def without_test(lines: Sequence[ManifestLine]) -> list[ManifestLine]:
    """Return the lines that a trainer may see."""
    return [line for line in lines if line.split != "test"]


def header_for(splits: list[Split], *, problem: str, classes: list[str], schema_id: str) -> ManifestHeader:
    """Return the first line of a manifest that may hold `splits`."""
    return ManifestHeader(problem=problem, classes=classes, schema_id=schema_id, splits=splits)


def same_target(one: dict[str, Any], other: dict[str, Any]) -> bool:
    """Say whether two targets are the same answer, whatever the order of their keys."""
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)
