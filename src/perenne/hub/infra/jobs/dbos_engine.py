"""DBOS, started the way this house needs it.

Owns everything that DBOS would do otherwise by itself: SQLite without WAL, pickled values, a new code
version at each change, log lines of its own, an advertisement. Refuses its paid and remote parts: no key,
no address of theirs is ever given, so no request leaves the machine.
"""

import logging
import os
from collections.abc import Callable
from typing import Any

from sqlalchemy import Engine, create_engine, event

QUEUE = "perenne-jobs"
WORKFLOW = "perenne.run_job"
SCHEMA = "perenne_jobs"
# Jobs live in our tables; DBOS only drives them, so its idea of code versions must never strand one.
APPLICATION_VERSION = "perenne-1"
QUEUE_POLL_S = 0.4


def start_dbos(
    url: str, *, executor_id: str, run: Callable[[str], None], concurrency: int
) -> tuple[Any, Engine]:
    """Return the DBOS class, launched to run `run` for every job, and the engine of its database at `url`."""
    for name in [name for name in os.environ if name.startswith("DBOS")]:
        del os.environ[name]
    _quieten()
    from dbos import DBOS, DBOSConfig, DBOSPortableJSONSerializer

    engine = _sqlite_engine(url) if url.startswith("sqlite") else _server_engine(url)
    config: DBOSConfig = {
        "name": "perenne",
        "system_database_url": url,
        "system_database_engine": engine,
        "dbos_system_schema": SCHEMA,
        "application_version": APPLICATION_VERSION,
        "executor_id": executor_id,
        "serializer": DBOSPortableJSONSerializer(),
        "use_listen_notify": False,
        "max_executor_threads": concurrency + 4,
        "log_level": "WARNING",
        "enable_otlp": False,
    }

    def run_one(job_id: str) -> None:
        run(job_id)

    DBOS.destroy(destroy_registry=True)
    DBOS(config=config)
    # Every death of a worker counts as one recovery; our own rows count attempts and give up.
    DBOS.workflow(name=WORKFLOW, max_recovery_attempts=1_000_000)(run_one)
    DBOS.listen_queues([QUEUE])
    DBOS.launch()
    DBOS.register_queue(
        QUEUE, worker_concurrency=concurrency, polling_interval_sec=QUEUE_POLL_S, on_conflict="always_update"
    )
    return DBOS, engine


class _NoAdvertisement(logging.Filter):
    """Drops the line that points to a paid product on somebody else's site."""

    def filter(self, record: logging.LogRecord) -> bool:
        return "console.dbos.dev" not in record.getMessage()


_no_advertisement = _NoAdvertisement()


def _quieten() -> None:
    logger = logging.getLogger("dbos")
    logger.setLevel(logging.WARNING)
    logger.addFilter(_no_advertisement)
    if not logger.handlers:
        logger.addHandler(logging.NullHandler())  # its lines go where the hub's own go


def _sqlite_engine(url: str) -> Engine:
    engine = create_engine(url, pool_size=4, max_overflow=8)
    event.listen(engine, "connect", _prepare_sqlite)
    return engine


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = "IMMEDIATE"
    connection.execute("PRAGMA busy_timeout=30000")
    connection.execute("PRAGMA journal_mode=WAL")
    # Losing the last moments in a power cut is mended: our own rows are the truth and are told anew.
    connection.execute("PRAGMA synchronous=NORMAL")
    connection.execute("PRAGMA foreign_keys=ON")
    connection.execute("PRAGMA cache_size=-2000")


def _server_engine(url: str) -> Engine:
    return create_engine(url, pool_size=4, max_overflow=8, pool_pre_ping=True)
