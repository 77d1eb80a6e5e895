"""Images: a resumable push of files, and the list of what is there.

Owns hashing, asking which images are known, sending only the missing ones in batches, a few at a time, with
bounded memory. Refuses to stop at one bad image: each file has its own answer.
"""

import builtins
import json
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

from perenne.client.errors import NothingToPush
from perenne.client.transport import Transport
from perenne.kit.hashing import sha256_hex
from perenne.wire.base import Listing
from perenne.wire.evaluation import ImageLineage
from perenne.wire.images import (
    BatchIngested,
    CaptureContext,
    Image,
    Ingested,
    KnownAnswer,
    KnownQuestion,
    MeasureAsked,
    Refusal,
    RefusedSummary,
)
from perenne.wire.performance import Neighbour, Sensitivity
from perenne.wire.predictions import ImagePrediction

SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".bmp", ".tif", ".tiff", ".webp"})
CHUNK_FILES = 400
BATCH_FILES = 40
BATCH_BYTES = 16_000_000
UPLOADS = 3
BATCH_TIMEOUT_S = 300.0
EXPLAIN_TIMEOUT_S = 300.0

Progress = Callable[["PushedFile"], None]


@dataclass(frozen=True)
class Outgoing:
    """A file to push (or its bytes) and the capture context that travels with it."""

    path: Path
    context: CaptureContext
    data: bytes | None = None

    def read(self) -> bytes:
        """Return the bytes of the image."""
        return self.data if self.data is not None else self.path.read_bytes()


@dataclass(frozen=True)
class PushedFile:
    """What became of one file: created, known or refused, with its image id or the reason."""

    path: Path
    status: str
    sha256: str
    image_id: str | None = None
    refusal: Refusal | None = None
    differences: tuple[str, ...] = ()


@dataclass
class PushReport:
    """What became of a push: counts, and an answer for each file."""

    created: int = 0
    known: int = 0
    refused: int = 0
    bytes_sent: int = 0
    files: list[PushedFile] = field(default_factory=list)

    @property
    def refusals(self) -> list[PushedFile]:
        """The refused files, each with its reason."""
        return [file for file in self.files if file.refusal is not None]


class Images:
    """Calls about images."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def push(
        self,
        source: Path | str | Iterable[Path | str],
        *,
        site: str,
        station: str | None = None,
        line: str | None = None,
        product: str | None = None,
        group: str | Callable[[Path], str | None] | None = None,
        kind: str = "capture",
        context: Mapping[str, Any] | None = None,
        progress: Progress | None = None,
    ) -> PushReport:
        """Push a folder (with its sub-folders) or files of one station; run it again to go on.

        `group` names what must stay on one side of a split: one name for all, or a function of the path.
        Raises: NothingToPush when there is no image.
        """
        files = find_images(source)
        fixed = {
            "site": site,
            "station": station,
            "line": line,
            "product": product,
            "kind": kind,
            **(context or {}),
        }

        def outgoing(path: Path) -> Outgoing:
            key = group(path) if callable(group) else group
            return Outgoing(path, CaptureContext(**fixed, group_key=key, file_name=path.name[-200:]))

        return self.push_all(map(outgoing, files), progress=progress)

    def push_all(self, outgoing: Iterable[Outgoing], *, progress: Progress | None = None) -> PushReport:
        """Push files that each carry their own context. A chunk is hashed, asked about, and sent."""
        report = PushReport()
        rest = iter(outgoing)

        def note(answers: Iterable[PushedFile]) -> None:
            for answer in answers:
                _count(report, answer)
                if progress:
                    progress(answer)

        with ThreadPoolExecutor(max_workers=UPLOADS, thread_name_prefix="push") as pool:
            waiting: deque[Future[list[PushedFile]]] = deque()
            try:
                while chunk := list(islice(rest, CHUNK_FILES)):
                    missing = self._unknown_of(chunk, note, pool)
                    for batch in _batches(missing):
                        while len(waiting) >= UPLOADS:
                            note(waiting.popleft().result())
                        report.bytes_sent += sum(size for _, _, size in batch)
                        waiting.append(pool.submit(self._send, [(item, sha) for item, sha, _ in batch]))
                while waiting:
                    note(waiting.popleft().result())
            except BaseException:
                for future in waiting:
                    future.cancel()
                raise
        return report

    def known(self, hashes: Sequence[str]) -> dict[str, str]:
        """Return the image ids of those hashes that the hub has."""
        answer: KnownAnswer = self._transport.post(
            "/images/known", KnownAnswer, body=KnownQuestion(sha256=[*hashes]), repeatable=True
        )
        return answer.known

    def get(self, image: str) -> Image:
        """Return one image's description."""
        return self._transport.get(f"/images/{image}", Image)

    def content(self, image: str) -> bytes:
        """Return the stored bytes of an image."""
        return self._transport.request("GET", f"/images/{image}/bytes").content

    def predictions(self, image: str) -> builtins.list[ImagePrediction]:
        """Return everything that was said of an image, newest first."""
        return self._transport.get(f"/images/{image}/predictions", Listing[ImagePrediction]).items

    def lineage(self, image: str) -> ImageLineage:
        """Return where an image has been: dataset versions, models, truths."""
        return self._transport.get(f"/images/{image}/lineage", ImageLineage)

    def sensitivity(self, image: str, *, model: str | None = None) -> Sensitivity:
        """Return which part of an image decided: how far the answer falls where it is covered.

        The hub asks the model up to 85 times. Of the version that answered last unless `model` names one.
        """
        params = {} if model is None else {"model": model}
        path = f"/images/{image}/sensitivity"
        return self._transport.get(path, Sensitivity, params=params, timeout_s=EXPLAIN_TIMEOUT_S)

    def neighbours(self, image: str, *, model: str | None = None, limit: int = 8) -> builtins.list[Neighbour]:
        """Return the images that looked most alike to the model, the nearest first, with their truth."""
        params = {"limit": limit} | ({} if model is None else {"model": model})
        return self._transport.get(f"/images/{image}/neighbours", Listing[Neighbour], params=params).items

    def measure(self) -> MeasureAsked:
        """Return the job that measures all images that have no signals yet, and how many these are."""
        return self._transport.post("/images/signals", MeasureAsked)

    def refused(self) -> RefusedSummary:
        """Return how many images were refused, by site and reason."""
        return self._transport.get("/images/refused", RefusedSummary)

    def _unknown_of(
        self,
        chunk: Sequence[Outgoing],
        note: Callable[[Iterable[PushedFile]], None],
        pool: ThreadPoolExecutor,
    ) -> list[tuple[Outgoing, str, int]]:
        read = list(pool.map(_hash, chunk))
        note(answer for answer in read if isinstance(answer, PushedFile))
        hashed = [entry for entry in read if not isinstance(entry, PushedFile)]
        known = self.known(list(dict.fromkeys(sha for _, sha, _ in hashed))) if hashed else {}
        note(PushedFile(item.path, "known", sha, known[sha]) for item, sha, _ in hashed if sha in known)
        first: set[str] = set()
        missing = []
        for entry in hashed:
            if entry[1] in known:
                continue
            if entry[1] in first:
                note([PushedFile(entry[0].path, "known", entry[1])])
                continue
            first.add(entry[1])
            missing.append(entry)
        return missing

    def _send(self, batch: list[tuple[Outgoing, str]]) -> list[PushedFile]:
        items = [item.context.model_dump(mode="json", exclude_none=True) for item, _ in batch]
        files = [
            ("files", (f"{index}{item.path.suffix}", item.read(), "application/octet-stream"))
            for index, (item, _) in enumerate(batch)
        ]
        response = self._transport.request(
            "POST",
            "/images/batch",
            data={"items": json.dumps({"items": items})},
            files=files,
            repeatable=True,
            timeout_s=BATCH_TIMEOUT_S,
        )
        answer: BatchIngested = self._transport.read(response, BatchIngested)
        return [_pushed(batch[ingested.index][0].path, ingested) for ingested in answer.items]

    def list(self, **filters: Any) -> Iterator[Image]:
        """Yield images, newest first."""
        for page in self._transport.pages("/images", Listing[Image], **filters):
            yield from page.items


def find_images(source: Path | str | Iterable[Path | str]) -> list[Path]:
    """Return the image files of a folder, in a stable order, or those that are named.

    Raises: NothingToPush when there is none.
    """
    given = [Path(source)] if isinstance(source, (str, Path)) else [Path(path) for path in source]
    found: list[Path] = []
    for path in given:
        if path.is_dir():
            found += sorted(
                file for file in path.rglob("*") if file.suffix.lower() in SUFFIXES and file.is_file()
            )
        elif path.is_file():
            found.append(path)
        else:
            raise NothingToPush(f"'{path}' does not exist.", remedy="Check the path.")
    if not found:
        raise NothingToPush(
            f"There is no image in {', '.join(map(str, given)) or 'an empty list'}.",
            remedy=f"Images end in {', '.join(sorted(SUFFIXES))}.",
        )
    return found


def _hash(item: Outgoing) -> tuple[Outgoing, str, int] | PushedFile:
    try:
        data = item.read()
    except OSError as error:
        refusal = Refusal(code="unreadable-file", detail=str(error), remedy="Check the file and its rights.")
        return PushedFile(item.path, "refused", "", refusal=refusal)
    return item, sha256_hex(data), len(data)


def _batches(missing: Sequence[tuple[Outgoing, str, int]]) -> Iterator[list[tuple[Outgoing, str, int]]]:
    batch: list[tuple[Outgoing, str, int]] = []
    total = 0
    for entry in missing:
        if batch and (len(batch) >= BATCH_FILES or total + entry[2] > BATCH_BYTES):
            yield batch
            batch, total = [], 0
        batch.append(entry)
        total += entry[2]
    if batch:
        yield batch


def _pushed(path: Path, ingested: Ingested) -> PushedFile:
    image_id = ingested.image.id if ingested.image else None
    return PushedFile(
        path, ingested.status, ingested.sha256, image_id, ingested.refusal, tuple(ingested.differences)
    )


def _count(report: PushReport, answer: PushedFile) -> None:
    report.files.append(answer)
    report.created += answer.status == "created"
    report.known += answer.status == "known"
    report.refused += answer.status == "refused"
