"""What a job, its handler and its queue are, for the rooms and for whoever runs them.

Refuses to say how a queue keeps its work: `memory` and `durable` do, and one contract suite runs over both.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from perenne.kit.errors import PerenneError

if TYPE_CHECKING:
    from perenne.hub.infra.services import Hub

QUEUED, RUNNING, SUCCEEDED, FAILED, CANCELLED = "queued", "running", "succeeded", "failed", "cancelled"
JOB_STATES = (QUEUED, RUNNING, SUCCEEDED, FAILED, CANCELLED)
FINAL_STATES = (SUCCEEDED, FAILED, CANCELLED)
MAX_ATTEMPTS = 5


class JobStopped(Exception):
    """The job was cancelled, or another worker has taken it over: unwind and leave."""


class UnknownJobKind(PerenneError):
    """A job of a kind that no room handles."""

    code = "unknown-job-kind"
    title = "No room handles this kind of job"
    status = 500


class JobAbandoned(PerenneError):
    """A job whose worker process died too often while running it."""

    code = "job-abandoned"
    title = "The job stops its worker each time it runs"
    status = 500


class JobOwner(Protocol):
    """Who asks for a job; an Actor is one."""

    @property
    def organisation_id(self) -> str: ...

    @property
    def principal_id(self) -> str: ...


class JobQueue(Protocol):
    """Runs jobs. A row in state `queued` is run even if `submit` was never called for it."""

    def submit(self, job_id: str) -> None:
        """The job of this committed row will be run. Submitting it again changes nothing."""
        ...

    def wait(self, job_id: str, *, timeout_s: float) -> str:
        """Return the job's state as soon as it is final, or the present one when the time is up."""
        ...

    def close(self) -> None:
        """Stop taking work; what runs is taken over by another worker or at the next start."""
        ...


@dataclass
class JobRun:
    """How far one running job is, between its handler and whoever writes it down."""

    job_id: str
    worker: str
    attempt: int
    fraction: float = 0.0
    message: str = ""
    unwritten: bool = False
    stopped: bool = False


@dataclass(frozen=True)
class JobContext:
    """What a handler gets beside its payload."""

    hub: "Hub"
    job_id: str
    organisation_id: str
    created_by: str
    run: JobRun
    ask_cancelled: Callable[[], bool] = field(repr=False)

    @property
    def attempt(self) -> int:
        """1 at the first run; more after a worker died over this job."""
        return self.run.attempt

    def progress(self, fraction: float, message: str = "") -> None:
        """Note how far the job is (0 to 1) and what it does; cheap, written down within a second.

        May be called inside a transaction. Raises: JobStopped when the job should not go on.
        """
        self.run.fraction = min(max(fraction, 0.0), 1.0)
        self.run.message = message[:500]
        self.run.unwritten = True
        if self.cancelled():
            raise JobStopped(self.job_id)

    def cancelled(self) -> bool:
        """Say whether the job should stop: somebody cancelled it, or another worker has it now."""
        return self.run.stopped or self.ask_cancelled()


JobHandler = Callable[[JobContext, dict[str, Any]], dict[str, Any]]


def handler_of(handlers: Mapping[str, JobHandler], kind: str) -> JobHandler:
    """Return the handler of a kind. Raises: UnknownJobKind."""
    try:
        return handlers[kind]
    except KeyError as error:
        raise UnknownJobKind(
            f"No room handles jobs of the kind '{kind}'.",
            remedy="Run a worker of the same version as the hub that accepted the job.",
        ) from error
