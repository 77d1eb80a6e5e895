"""What the worker process needs to find every room's jobs, and to stay small until it does."""

import json
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import psutil
import pytest

import perenne.hub
from perenne.hub.infra.blobs import open_blob_store
from perenne.hub.worker import JOB_ROOMS, RoomHandlers, sweep_leftovers
from perenne.testing.processes import HeardProcess

ROOMS_WITH_JOBS = sorted(
    file.parent.name
    for file in Path(perenne.hub.__file__).parent.glob("*/jobs.py")
    if file.parent.name not in ("app", "infra")
)
MAX_IDLE_RSS_MB = 120


def test_every_room_with_jobs_is_in_the_visible_list() -> None:
    assert set(ROOMS_WITH_JOBS) <= set(JOB_ROOMS)
    handlers = RoomHandlers()
    with_handlers = {room for room in ROOMS_WITH_JOBS if import_module(f"perenne.hub.{room}.jobs").JOBS}
    assert {kind.partition(".")[0] for kind in handlers} == with_handlers
    assert all(callable(handlers[kind]) for kind in handlers)


def test_a_kind_of_no_room_is_a_missing_key() -> None:
    for kind in ("nobody.knows", "models.unknown", "", "datasets"):
        with pytest.raises(KeyError):
            RoomHandlers()[kind]


@pytest.mark.parametrize("room", ROOMS_WITH_JOBS)
def test_a_room_alone_knows_every_table_that_its_rows_refer_to(room: str) -> None:
    program = (
        f"import perenne.hub.{room}.jobs, json, sys\n"
        "from perenne.hub.infra.database import Base\n"
        "from sqlalchemy.orm import configure_mappers\n"
        "configure_mappers(); len(Base.metadata.sorted_tables)\n"
        "print(json.dumps([m for m in ('fastapi', 'torch', 'sklearn') if m in sys.modules]))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == []


def test_an_idle_worker_is_small_and_logs_json(tmp_path: Path) -> None:
    from perenne.hub.infra.database import Database
    from perenne.hub.infra.migrations import migrate

    worker = HeardProcess([sys.executable, "-m", "perenne.cli", "worker", "--data", str(tmp_path)])
    try:
        waiting = json.loads(worker.hear("waiting for the hub"))
        database = Database(f"sqlite:///{tmp_path / 'perenne.db'}")
        migrate(database)
        database.dispose()
        worker.hear("the worker runs jobs")
        assert psutil.Process(worker.process.pid).memory_info().rss / 1e6 <= MAX_IDLE_RSS_MB
        worker.process.terminate()
        assert worker.process.wait(timeout=30) == 0
    finally:
        worker.close()
    assert waiting["level"] == "info" and waiting["timestamp"]
    assert not any("dbos.dev" in line for line in worker.heard)


def test_leftovers_are_swept_from_stores_that_can_have_some(tmp_path: Path) -> None:
    assert sweep_leftovers(open_blob_store(tmp_path)) == 0
    assert sweep_leftovers(object()) == 0
