"""What every writer of a labelled set is given, and what it answers with.

Owns the exported image and the report of what the format could not say. Refuses silence: a state, an author
or a field that is lost is counted.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Protocol


@dataclass(frozen=True)
class ExportedImage:
    """One image to write. `target` None: not yet seen; no boxes: seen and empty.

    `fields` become fields of the image (site, part_id …); `not_representable` names what no format says.
    """

    file_name: str
    width: int
    height: int
    target: Mapping[str, Any] | None
    fields: Mapping[str, str | int | float | bool | None] = field(default_factory=dict)
    not_representable: Sequence[str] = ()


@dataclass(frozen=True)
class LossReport:
    """What was written, and how often each thing was that the format cannot say."""

    images: int
    annotations: int
    seen_empty: int
    not_seen: int
    lost: Mapping[str, int]

    def to_json(self) -> dict[str, Any]:
        """Return the report as JSON."""
        return asdict(self)


class Writer(Protocol):
    """Writes a file, whole or not at all. `classes` are in their order; `about` says what the set is."""

    def __call__(
        self,
        path: Path,
        images: Iterable[ExportedImage],
        *,
        classes: Sequence[str],
        about: Mapping[str, Any] | None = None,
    ) -> LossReport:
        """Return the loss report. Raises: UnreadableSet for a target that the format cannot hold."""
        ...


def write_whole(path: Path, write: Callable[[Path], object]) -> None:
    """The file at `path` is what `write` wrote beside it, or what it was before."""
    partial = path.with_name(path.name + ".partial")
    try:
        write(partial)
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
