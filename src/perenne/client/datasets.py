"""Datasets and their frozen versions.

Owns the calls. Refuses names of its own: a version is an id, `slug:number`, or a slug for the latest.
"""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from perenne.client.jobs import Jobs
from perenne.client.presence import found_or_made
from perenne.client.transport import Transport
from perenne.wire.datasets import (
    AcceptanceRule,
    Dataset,
    DatasetCard,
    DatasetChange,
    DatasetCreate,
    DatasetDiff,
    DatasetItem,
    DatasetItemPage,
    DatasetPage,
    DatasetVersion,
    DatasetVersionPage,
    ExportFormat,
    FreezeAnswer,
    FreezeRequest,
    OpenTestRequest,
    SealedOpening,
    SealedOpeningPage,
    Selection,
    SplitRule,
)
from perenne.wire.jobs import Job


class Datasets:
    """Calls about datasets and dataset versions."""

    def __init__(self, transport: Transport, *, jobs: Jobs) -> None:
        self._transport = transport
        self._jobs = jobs

    def list(self) -> Iterator[Dataset]:
        """Yield every dataset."""
        for page in self._transport.pages("/datasets", DatasetPage):
            yield from page.items

    def get(self, dataset: str) -> Dataset:
        """Return one dataset."""
        return self._transport.get(f"/datasets/{dataset}", Dataset)

    def create(
        self, slug: str, *, schema: str, name: str | None = None, acceptance: AcceptanceRule | None = None
    ) -> Dataset:
        """Start a dataset of a label schema."""
        body = DatasetCreate(name=name or slug, slug=slug, label_schema=schema, acceptance=acceptance)
        return self._transport.post("/datasets", Dataset, body=body)

    def ensure(
        self, slug: str, *, schema: str, name: str | None = None, acceptance: AcceptanceRule | None = None
    ) -> Dataset:
        """Return the dataset called `slug`, created when it was missing."""
        return found_or_made(
            lambda: self.get(slug), lambda: self.create(slug, schema=schema, name=name, acceptance=acceptance)
        )

    def change(
        self, dataset: str, *, name: str | None = None, acceptance: AcceptanceRule | None = None
    ) -> Dataset:
        """Change the name or the acceptance rule."""
        body = DatasetChange(name=name, acceptance=acceptance).model_dump(mode="json", exclude_none=True)
        return self._transport.read(
            self._transport.request("PATCH", f"/datasets/{dataset}", json=body, repeatable=True), Dataset
        )

    def freeze(
        self,
        dataset: str,
        *,
        selection: Selection | None = None,
        split: SplitRule | None = None,
        sealed: bool = False,
        note: str = "",
        progress: Callable[[Job], None] | None = None,
        timeout_s: float | None = None,
    ) -> FreezeAnswer:
        """Freeze the present state and return the version, waiting for the job when it became one."""
        body = FreezeRequest(
            selection=selection or Selection(), split=split or SplitRule(), sealed=sealed, note=note
        )
        answer: FreezeAnswer = self._transport.post(
            f"/datasets/{dataset}/versions", FreezeAnswer, body=body, repeatable=True, timeout_s=600.0
        )
        if answer.version is not None or answer.job_id is None:
            return answer
        job = self._jobs.wait(answer.job_id, progress=progress, timeout_s=timeout_s)
        result: dict[str, Any] = job.result or {}
        version = self.version(str(result["dataset_version_id"]))
        return FreezeAnswer(version=version, existed=bool(result.get("existed")), job_id=job.id)

    def versions(self, dataset: str) -> Iterator[DatasetVersion]:
        """Yield the versions of a dataset, newest first."""
        for page in self._transport.pages(f"/datasets/{dataset}/versions", DatasetVersionPage):
            yield from page.items

    def version(self, version: str) -> DatasetVersion:
        """Return one version."""
        return self._transport.get(f"/dataset-versions/{version}", DatasetVersion)

    def card(self, version: str) -> DatasetCard:
        """Return what is inside a version, counted."""
        return self._transport.get(f"/dataset-versions/{version}/card", DatasetCard)

    def items(self, version: str, **filters: Any) -> Iterator[DatasetItem]:
        """Yield the images of a version with their targets."""
        for page in self._transport.pages(f"/dataset-versions/{version}/items", DatasetItemPage, **filters):
            yield from page.items

    def manifest(self, version: str) -> Iterator[str]:
        """Yield the lines (NDJSON) of the manifest of a version."""
        with self._transport.stream(f"/dataset-versions/{version}/manifest") as response:
            yield from response.iter_lines()

    def export(self, version: str, *, to: Path, format_name: ExportFormat = "coco") -> dict[str, Any]:
        """Return the report of what the format cannot say, after the file `to` holds the version."""
        partial = to.with_name(to.name + ".partial")
        options = {"params": {"format": format_name}}
        with self._transport.stream(f"/dataset-versions/{version}/export", **options) as response:
            with partial.open("wb") as stream:
                for part in response.iter_bytes():
                    stream.write(part)
            loss: dict[str, Any] = json.loads(response.headers["X-Perenne-Loss"])
        partial.replace(to)
        return loss

    def diff(self, version: str, other: str) -> DatasetDiff:
        """Return what changed from one version to another."""
        return self._transport.get(f"/dataset-versions/{version}/diff/{other}", DatasetDiff)

    def open_test(self, version: str, *, reason: str) -> SealedOpening:
        """Open a sealed test set: who, when and why are kept."""
        body = OpenTestRequest(reason=reason)
        return self._transport.post(f"/dataset-versions/{version}/openings", SealedOpening, body=body)

    def openings(self, version: str) -> Iterator[SealedOpening]:
        """Yield the openings of a sealed test set, newest first."""
        for page in self._transport.pages(f"/dataset-versions/{version}/openings", SealedOpeningPage):
            yield from page.items
