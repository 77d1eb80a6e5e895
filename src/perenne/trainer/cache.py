"""The trainer's store of images by hash: fetched once, shared by all runs, resumed after any interruption.

Owns the folder and its layout. Refuses to parse a manifest into memory: it is read line by line.
"""

import json
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from perenne.kit.errors import PerenneError

PARALLEL = 6
WINDOW = 256


class ManifestUnreadable(PerenneError):
    """The manifest of a run is not one."""

    code = "trainer-manifest-unreadable"
    title = "The manifest cannot be read"
    status = 422


class Wanted(NamedTuple):
    """An image that a run needs."""

    sha256: str
    image_id: str


class ImageCache:
    """Images of all runs in one folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path_of(self, sha256: str) -> Path:
        """Return where the image with this hash lies, or will lie."""
        return self.folder / sha256[:2] / sha256

    def missing(self, manifest: Path) -> Iterator[Wanted]:
        """Yield the images of the manifest, and their references, that are not here yet."""
        for wanted in wanted_images(manifest):
            if not self.path_of(wanted.sha256).exists():
                yield wanted

    def fill(
        self,
        manifest: Path,
        *,
        download: Callable[[Wanted, Path], None],
        between: Callable[[int], bool],
    ) -> bool:
        """Every image of the manifest is here, and True is returned; False when `between` said to stop.

        `download` puts one image into its place or raises; `between(count)` is called after each window.
        """
        done = 0
        todo = self.missing(manifest)
        with ThreadPoolExecutor(PARALLEL, thread_name_prefix="fetch") as pool:
            while window := list(dict.fromkeys(islice(todo, WINDOW))):
                jobs = [pool.submit(download, it, self.path_of(it.sha256)) for it in window]
                if not _finish(jobs, lambda n, base=done: between(base + n)):  # type: ignore[misc]
                    return False
                done += len(window)
        return True


def wanted_images(manifest: Path) -> Iterator[Wanted]:
    """Yield every image that the manifest names, references included. Raises: ManifestUnreadable."""
    with manifest.open("rb") as stream:
        next(stream, None)
        for number, row in enumerate(stream, start=2):
            try:
                line = json.loads(row)
                yield Wanted(line["image"], line["image_id"])
                if line.get("reference"):
                    yield Wanted(line["reference"], line["reference_id"])
            except (ValueError, KeyError, TypeError) as error:
                raise ManifestUnreadable(
                    f"Line {number} of the manifest cannot be read ({type(error).__name__}).",
                    remedy="Run hub and trainer of the same version.",
                ) from error


def _finish(jobs: list[Future[None]], between: Callable[[int], bool]) -> bool:
    """Wait for the jobs; between looks, ask whether to stop. Raises what the first failed one raised."""
    waiting = set(jobs)
    while waiting:
        finished, waiting = wait(waiting, timeout=1.0)
        try:
            for job in finished:
                job.result()
        except BaseException:
            _drop(waiting)
            raise
        if between(len(jobs) - len(waiting)):
            _drop(waiting)
            return False
    return True


def _drop(jobs: set[Future[None]]) -> None:
    for job in jobs:
        job.cancel()
