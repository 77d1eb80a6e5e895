"""The manifest: the canonical NDJSON whose hash is a version's content address.

Owns its bytes: a header line, then one line an image, sorted by hash, each canonical JSON. Refuses order of
arrival, clock and ids of people in it, so that the same content always has the same address.
"""

from collections.abc import Iterable, Iterator

from perenne.kit.hashing import canonical_json
from perenne.wire.datasets import ManifestHeader, ManifestLine


def write_manifests(header: ManifestHeader, lines: Iterable[ManifestLine]) -> tuple[bytes, bytes]:
    """Return the whole manifest, and the one without test lines that a trainer may see.

    Lines are sorted by image hash; absent fields are left out.

    >>> header = ManifestHeader(problem="regression", classes=[], schema_id="sch_1", splits=["train"])
    >>> write_manifests(header, [])[0].decode().strip()
    '{"classes":[],"perenne_manifest":1,"problem":"regression","schema_id":"sch_1","splits":["train"]}'
    """
    ordered = sorted(lines, key=lambda line: line.image)
    rows = [(line.split, _row(line)) for line in ordered]
    short = header.model_copy(update={"splits": [split for split in header.splits if split != "test"]})
    whole = b"".join([_row(header), *(row for _, row in rows)])
    return whole, b"".join([_row(short), *(row for split, row in rows if split != "test")])


def read_manifest(data: bytes) -> tuple[ManifestHeader, Iterator[ManifestLine]]:
    """Return the header, and the lines as they are read. Raises: ValidationError on foreign content."""
    rows = data.splitlines()
    header = ManifestHeader.model_validate_json(rows[0] if rows else b"")
    return header, (ManifestLine.model_validate_json(row) for row in rows[1:])


def _row(message: ManifestHeader | ManifestLine) -> bytes:
    return canonical_json(message.model_dump(mode="json", exclude_none=True)) + b"\n"
