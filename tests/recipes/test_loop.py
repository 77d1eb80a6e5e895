"""The shared training loop: budget, resume, cancel and divergence, on a toy regression."""

import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from perenne.recipes import SilentReporter
from perenne.recipes.errors import CheckpointDamaged, LossNotFinite, OutOfMemory, TrainingCancelled
from perenne.recipes.lite.device import guard_memory, open_device
from perenne.recipes.lite.loop import LoopPlan, TrainingLoop
from perenne.recipes.lite.schedule import BudgetLimits, learning_rate_factor


class Line:
    """Batches of y = 3 x + noise."""

    def make_batch(self, rng: np.random.Generator, *, fraction: float) -> dict[str, np.ndarray]:
        x = rng.normal(size=(16, 1)).astype(np.float32)
        return {"x": x, "y": 3 * x}


class Stopping(SilentReporter):
    """Asks to stop after a number of questions."""

    def __init__(self, after: int) -> None:
        super().__init__()
        self.left = after

    def should_stop(self) -> bool:
        self.left -= 1
        return self.left < 0


def squared(model: nn.Module, batch: dict[str, Tensor], fraction: float) -> tuple[Tensor, dict[str, Tensor]]:
    loss = ((model(batch["x"]) - batch["y"]) ** 2).mean()
    return loss, {"loss": loss.detach()}


def make_loop(
    workdir: Path,
    *,
    steps: int = 200,
    reporter: SilentReporter | None = None,
    loss: object = squared,
    fingerprint: str = "toy",
) -> TrainingLoop:
    torch.manual_seed(0)
    model = nn.Linear(1, 1)
    plan = LoopPlan(
        limits=BudgetLimits(steps=steps),
        fingerprint=fingerprint,
        learning_rate=0.2,
        warmup_steps=5,
        ema_decay=0.9,
        ema_tau=5,
    )
    return TrainingLoop(
        model,
        loss=loss,  # type: ignore[arg-type]
        batches=Line(),
        evaluate=lambda m: {"score": -float((m(torch.ones(1, 1)) - 3).abs())},
        plan=plan,
        device=open_device("cpu", threads=1),
        reporter=reporter or SilentReporter(),
        workdir=workdir,
    )


def test_a_run_learns_within_its_budget_of_steps(tmp_path: Path) -> None:
    outcome = make_loop(tmp_path).run()
    assert outcome.steps == 200
    assert outcome.best_metrics["score"] > -0.1
    assert [round(point["fraction"], 2) for point in outcome.history] == [0.5, 0.75, 1.0]


def test_a_cancelled_run_goes_on_to_exactly_the_weights_of_an_uninterrupted_one(tmp_path: Path) -> None:
    whole = make_loop(tmp_path / "whole").run()
    with pytest.raises(TrainingCancelled, match="step 120"):
        make_loop(tmp_path / "cut", reporter=Stopping(120)).run()
    resumed = make_loop(tmp_path / "cut").run()
    assert resumed.steps == 200
    for name, value in whole.best_state.items():
        assert torch.equal(value, resumed.best_state[name])


DYING = """
import os, runpy, signal, sys
from dataclasses import replace
from pathlib import Path

toys = runpy.run_path(sys.argv[1])


class Dying(toys["SilentReporter"]):
    asked = 0

    def should_stop(self):
        self.asked += 1
        if self.asked == 90:
            os.kill(os.getpid(), signal.SIGKILL)
        return False


loop = toys["make_loop"](Path(sys.argv[2]), reporter=Dying())
loop.plan = replace(loop.plan, checkpoint_every_s=0.0)
loop.run()
"""


def test_a_run_killed_at_any_moment_goes_on_to_the_weights_of_an_uninterrupted_one(tmp_path: Path) -> None:
    killed = subprocess.run([sys.executable, "-c", DYING, __file__, str(tmp_path / "cut")], check=False)
    assert killed.returncode == -signal.SIGKILL
    reporter = SilentReporter()
    resumed = make_loop(tmp_path / "cut", reporter=reporter).run()
    assert any("Continued from the checkpoint at step 8" in text for _, text in reporter.lines)
    whole = make_loop(tmp_path / "whole").run()
    for name, value in whole.best_state.items():
        assert torch.equal(value, resumed.best_state[name])


def test_a_loss_that_is_not_a_number_ends_the_run_with_a_remedy(tmp_path: Path) -> None:
    def diverging(
        model: nn.Module, batch: dict[str, Tensor], fraction: float
    ) -> tuple[Tensor, dict[str, Tensor]]:
        loss, parts = squared(model, batch, fraction)
        return loss * float("nan"), parts

    with pytest.raises(LossNotFinite, match="Lower learning_rate"):
        make_loop(tmp_path, loss=diverging).run()


def test_a_checkpoint_of_another_run_is_refused(tmp_path: Path) -> None:
    make_loop(tmp_path, steps=5).run()
    with pytest.raises(CheckpointDamaged, match="other data or another configuration"):
        make_loop(tmp_path, steps=5, fingerprint="other").run()


def test_a_damaged_checkpoint_is_refused_with_the_file_to_delete(tmp_path: Path) -> None:
    (tmp_path / "checkpoint.pt").write_bytes(b"half")
    with pytest.raises(CheckpointDamaged, match="Delete"):
        make_loop(tmp_path, steps=5).run()


def test_running_out_of_memory_says_what_to_lower() -> None:
    def act() -> None:
        raise RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes")

    with pytest.raises(OutOfMemory, match="batch_size"):
        guard_memory(act, what="training step 3")


@pytest.mark.parametrize(
    ("fraction", "step", "expected"), [(0.0, 0, 0.1), (0.0, 9, 1.0), (0.5, 50, 0.51), (1.0, 99, 0.02)]
)
def test_the_learning_rate_warms_up_and_falls_over_the_budget(
    fraction: float, step: int, expected: float
) -> None:
    assert learning_rate_factor(fraction, step=step, warmup_steps=10) == pytest.approx(expected, abs=0.01)
