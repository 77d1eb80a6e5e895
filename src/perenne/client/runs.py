"""Training runs: start, watch, cancel.

Owns the calls of people; those of a trainer stand in the trainer. Refuses to decide that a run is lost: the
hub does.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from perenne.client.transport import Transport
from perenne.client.waiting import wait_until
from perenne.wire.training import (
    FINAL_RUN_STATES,
    LogLine,
    LogPage,
    MetricPoint,
    MetricPointPage,
    Run,
    RunCreate,
    RunPage,
    Trainer,
    TrainerPage,
)


class Runs:
    """Calls about training runs. A run is its id or its number."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def start(
        self,
        dataset_version: str,
        *,
        recipe: str,
        config: Mapping[str, Any] | None = None,
        base_model: str | None = None,
        name: str | None = None,
        seed: int = 7,
        key: str | None = None,
    ) -> Run:
        """Queue a run. With an idempotency `key`, asking again returns the same run."""
        body = RunCreate(
            dataset_version=dataset_version,
            recipe=recipe,
            config=dict(config or {}),
            base_model=base_model,
            name=name,
            seed=seed,
        )
        headers = {"idempotency-key": key} if key else None
        return self._transport.post("/runs", Run, body=body, headers=headers)

    def list(self, **filters: Any) -> Iterator[Run]:
        """Yield runs, newest first."""
        for page in self._transport.pages("/runs", RunPage, **filters):
            yield from page.items

    def get(self, run: str) -> Run:
        """Return one run as it stands."""
        return self._transport.get(f"/runs/{run}", Run)

    def wait(
        self, run: str, *, progress: Callable[[Run], None] | None = None, timeout_s: float | None = None
    ) -> Run:
        """Return the run once it has ended, however it ended."""
        return wait_until(
            lambda: self.get(run),
            done=lambda seen: seen.state in FINAL_RUN_STATES,
            what=f"Run {run}",
            progress=progress,
            timeout_s=timeout_s,
        )

    def cancel(self, run: str) -> Run:
        """Ask that a run stop."""
        return self._transport.post(f"/runs/{run}/cancel", Run, repeatable=True)

    def resume(self, run: str) -> Run:
        """Queue a failed or cancelled run again, to go on from its checkpoint."""
        return self._transport.post(f"/runs/{run}/resume", Run)

    def trainers(self) -> Iterator[Trainer]:
        """Yield the trainers that have asked for work lately."""
        for page in self._transport.pages("/trainers", TrainerPage):
            yield from page.items

    def log(self, run: str) -> Iterator[LogLine]:
        """Yield the log lines of a run, oldest first."""
        for page in self._transport.pages(f"/runs/{run}/log", LogPage):
            yield from page.items

    def points(self, run: str) -> Iterator[MetricPoint]:
        """Yield the points of a run's curves in the order of their step."""
        for page in self._transport.pages(f"/runs/{run}/points", MetricPointPage):
            yield from page.items
