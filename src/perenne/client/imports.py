"""Import of labelled sets: COCO, CSV, a folder per class; looked at first, then sent.

Owns the order (sites, schema, reference images, images, ground truth) and the joint report. Refuses to send
a set whose images name no site, and to leave out anything without saying so.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from perenne.client.images import Outgoing, PushedFile, PushReport
from perenne.client.truth import TruthReport
from perenne.kit.errors import InvalidInput
from perenne.wire.images import CaptureContext
from perenne.wire.truth import TruthItem

if TYPE_CHECKING:
    from perenne.client.client import Client
    from perenne.formats import ImportReport, LabelledItem, LabelledSet, ReadOptions

Stage = Callable[[str, int, int], None]


class ImportIncomplete(InvalidInput):
    """The set cannot be sent as it is described."""

    code = "import-incomplete"
    title = "The import lacks something"


@dataclass
class ImportOutcome:
    """What was read and what became of it; after a dry run only what was read."""

    report: "ImportReport"
    would_create_sites: list[str]
    schema: str | None = None
    created_sites: list[str] | None = None
    references: PushReport | None = None
    images: PushReport | None = None
    truth: TruthReport | None = None
    truth_left_behind: int = 0

    @property
    def complete(self) -> bool:
        """Say whether everything that was read arrived."""
        refused = [r.refused for r in (self.references, self.images) if r is not None]
        return not any(refused) and not (self.truth and self.truth.refused)


class Imports:
    """Imports of labelled sets into the hub."""

    def __init__(self, client: "Client") -> None:
        self._client = client

    def coco(
        self, path: Path | str, *, options: "ReadOptions | None" = None, **sending: Any
    ) -> ImportOutcome:
        """Import a COCO file (boxes). Keywords as in `send`."""
        return self.read_and_send("coco", path, options=options, **sending)

    def csv(self, path: Path | str, *, options: "ReadOptions | None" = None, **sending: Any) -> ImportOutcome:
        """Import a CSV of file names with a class or a value each. Keywords as in `send`."""
        return self.read_and_send("csv", path, options=options, **sending)

    def folders(
        self, path: Path | str, *, options: "ReadOptions | None" = None, **sending: Any
    ) -> ImportOutcome:
        """Import a folder per class. Keywords as in `send`."""
        return self.read_and_send("folder", path, options=options, **sending)

    def read_and_send(
        self, format_name: str, path: Path | str, *, options: "ReadOptions | None" = None, **sending: Any
    ) -> ImportOutcome:
        """Read a set with the reader registered under `format_name`, and send it."""
        from perenne.formats import READERS

        return self.send(READERS.get(format_name)(Path(path), options), **sending)

    def send(
        self,
        labelled: "LabelledSet",
        *,
        schema: str,
        create_sites: bool = False,
        create_schema: bool = True,
        dry_run: bool = False,
        progress: Stage | None = None,
    ) -> ImportOutcome:
        """Send what was read, or with `dry_run` only say what would be sent.

        Run it again after an interruption: known images are not sent twice, unchanged truth stays.
        Raises: ImportIncomplete when an image has no site, or a site is unknown and not to be created.
        """
        items, report = labelled.items, labelled.report
        unknown = self._unknown_sites(items)
        outcome = ImportOutcome(report=report, would_create_sites=unknown)
        if dry_run:
            return outcome
        self._refuse_incomplete(items, report, unknown, create_sites)
        outcome.created_sites = [self._client.sites.ensure(site).slug for site in unknown]
        self._ensure_places(items, create=create_sites)
        if create_schema:
            self._client.schemas.ensure(
                schema,
                problem=report.problem,
                classes=report.classes,
                good_class=labelled.good_class,
            )
        outcome.schema = self._client.schemas.get(schema).slug
        reference_ids, outcome.references = self._push_references(items, progress)
        outcome.images = self._push_images(items, reference_ids, progress)
        arrived = {str(file.path): file.sha256 for file in outcome.images.files if file.status != "refused"}
        with_truth = [item for item in items if item.target is not None]
        outcome.truth_left_behind = sum(str(item.path) not in arrived for item in with_truth)
        outcome.truth = self._push_truth(with_truth, arrived, schema, progress)
        return outcome

    def _unknown_sites(self, items: "list[LabelledItem]") -> list[str]:
        known = {name for site in self._client.sites.list() for name in (site.slug, site.id)}
        named = dict.fromkeys(item.site for item in items if item.site)
        return [site for site in named if site not in known]

    def _refuse_incomplete(
        self, items: "list[LabelledItem]", report: "ImportReport", unknown: list[str], create_sites: bool
    ) -> None:
        if not items:
            first = f" First: {report.errors[0]}" if report.errors else ""
            raise ImportIncomplete(
                f"Nothing of {report.source} can be imported: {len(report.errors)} errors.{first}",
                remedy="Run it with --dry-run to see every error.",
            )
        homeless = [item.file_name for item in items if not item.site]
        if homeless:
            raise ImportIncomplete(
                f"{len(homeless)} images name no site (first: {homeless[0]}).",
                remedy="Give --site, or --site-field with the field that holds it.",
            )
        if unknown and not create_sites:
            raise ImportIncomplete(
                f"The hub knows no site {', '.join(unknown[:10])}.",
                remedy="Create them with `perenne sites add`, or give --create-sites.",
            )

    def _ensure_places(self, items: "list[LabelledItem]", *, create: bool) -> None:
        sites = self._client.sites
        lines = {(item.site, item.line) for item in items if item.line}
        stations = {(item.site, item.station, item.line) for item in items if item.station}
        products = {item.product for item in items if item.product}
        if not create:
            return
        for site, line in sorted(lines, key=str):
            sites.ensure_line(str(site), str(line))
        for site, station, own_line in sorted(stations, key=str):
            sites.ensure_station(str(site), str(station), line=own_line)
        for product in sorted(map(str, products)):
            sites.ensure_product(product)

    def _push_references(
        self, items: "list[LabelledItem]", progress: Stage | None
    ) -> tuple[dict[Path, str], PushReport | None]:
        wanted: dict[Path, LabelledItem] = {}
        for item in items:
            if item.reference_path is not None:
                wanted.setdefault(item.reference_path, item)
        if not wanted:
            return {}, None
        outgoing = (Outgoing(path, _context(item, template=True)) for path, item in wanted.items())
        report = self._client.images.push_all(
            outgoing, progress=_counting("reference images", len(wanted), progress)
        )
        return {file.path: file.sha256 for file in report.files if file.status != "refused"}, report

    def _push_images(
        self, items: "list[LabelledItem]", references: Mapping[Path, str], progress: Stage | None
    ) -> PushReport:
        def outgoing() -> Iterator[Outgoing]:
            for item in items:
                reference = references.get(item.reference_path) if item.reference_path else None
                yield Outgoing(item.path, _context(item, reference=reference))

        return self._client.images.push_all(outgoing(), progress=_counting("images", len(items), progress))

    def _push_truth(
        self, items: "list[LabelledItem]", arrived: Mapping[str, str], schema: str, progress: Stage | None
    ) -> TruthReport:
        truths = (
            TruthItem(sha256=arrived[str(item.path)], target=item.target or {})
            for item in items
            if str(item.path) in arrived
        )
        step = (lambda count: progress("ground truth", count, len(items))) if progress else None
        return self._client.truth.push(truths, schema=schema, source="import", progress=step)


def _context(item: "LabelledItem", *, template: bool = False, reference: str | None = None) -> CaptureContext:
    return CaptureContext(**item.capture_fields(template=template), reference=reference)


def _counting(stage: str, total: int, progress: Stage | None) -> Callable[[PushedFile], None] | None:
    return (lambda _: progress(stage, 1, total)) if progress else None
