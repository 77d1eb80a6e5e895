"""Background work of the hub: how far it is, how it ended.

Owns the calls. Refuses to take a failed job for a finished one: waiting raises what the job failed of.
"""

from collections.abc import Callable, Iterator
from typing import Any

from perenne.client.errors import HubError
from perenne.client.transport import Transport
from perenne.client.waiting import wait_until
from perenne.wire.base import Listing
from perenne.wire.jobs import Job

FINAL_STATES = frozenset({"succeeded", "failed", "cancelled"})


class Jobs:
    """Calls about jobs."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def list(self, **filters: Any) -> Iterator[Job]:
        """Yield jobs, newest first."""
        for page in self._transport.pages("/jobs", Listing[Job], **filters):
            yield from page.items

    def get(self, job: str) -> Job:
        """Return one job as it stands."""
        return self._transport.get(f"/jobs/{job}", Job)

    def cancel(self, job: str) -> Job:
        """Ask that a job stop."""
        return self._transport.post(f"/jobs/{job}/cancel", Job, repeatable=True)

    def wait(
        self, job: str, *, progress: Callable[[Job], None] | None = None, timeout_s: float | None = None
    ) -> Job:
        """Return the job once it succeeded. Raises: HubError with the job's own problem when it did not."""
        ended = wait_until(
            lambda: self.get(job),
            done=lambda seen: seen.state in FINAL_STATES,
            what=f"Job {job}",
            progress=progress,
            timeout_s=timeout_s,
        )
        if ended.state != "succeeded":
            raise HubError(
                ended.error or {"title": f"The job {ended.state}", "detail": f"Job {job} {ended.state}."}
            )
        return ended
