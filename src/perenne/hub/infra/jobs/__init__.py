"""Jobs: durable work in the background, one row a job.

Owns: the rows of `jobs` (what is asked, how far it is, how it ended), the port by which they are run,
and its two members: DBOS in the worker process, in memory for tests.
Promises: a job enqueued in a transaction that commits is run, also after kill -9 of hub or worker; two
workers never run one job side by side; the same key gives the same job.
Does not: know what a job does (each room brings its handlers), or park a job to wait for a person: that
is a row with a state in the room's own table. A handler may run again after a crash: it is idempotent.
"""

from perenne.hub.infra.jobs.liveness import alive_workers
from perenne.hub.infra.jobs.memory import InMemoryJobs
from perenne.hub.infra.jobs.port import (
    JOB_STATES,
    QUEUED,
    RUNNING,
    JobContext,
    JobHandler,
    JobOwner,
    JobQueue,
    JobStopped,
    UnknownJobKind,
)
from perenne.hub.infra.jobs.service import (
    cancel_job,
    enqueue_job,
    job_by_id,
    jobs_after,
    jobs_by_id,
    queue_depth,
)
from perenne.hub.infra.jobs.tables import JobRow

__all__ = [
    "JOB_STATES",
    "QUEUED",
    "RUNNING",
    "InMemoryJobs",
    "JobContext",
    "JobHandler",
    "JobOwner",
    "JobQueue",
    "JobRow",
    "JobStopped",
    "UnknownJobKind",
    "alive_workers",
    "cancel_job",
    "enqueue_job",
    "job_by_id",
    "jobs_after",
    "jobs_by_id",
    "queue_depth",
]
