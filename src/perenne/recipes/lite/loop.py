"""One training loop for every small recipe: budget, averaging, best weights, resume, cancel, live values.

Owns the order of things in a step and in a checkpoint. Refuses to know the problem: model, loss, batches and
evaluation are given.
"""

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from perenne.recipes.contract import Reporter
from perenne.recipes.errors import LossNotFinite, TrainingCancelled
from perenne.recipes.lite.batches import Batch, BatchSource, Prefetcher
from perenne.recipes.lite.checkpoint import load_checkpoint, save_checkpoint
from perenne.recipes.lite.device import Device, guard_memory
from perenne.recipes.lite.schedule import AveragedWeights, Budget, BudgetLimits, learning_rate_factor

GPU_BATCH_THREADS = 8

LossFunction = Callable[[nn.Module, Batch, float], tuple[Tensor, dict[str, Tensor]]]
"""(model, batch on the device, used part of the budget) -> (scalar loss, parts to report)."""

Evaluate = Callable[[nn.Module], Mapping[str, float]]
"""(plain model in evaluation mode holding the averaged weights) -> metrics, higher `best_by` is better."""


@dataclass(frozen=True)
class LoopPlan:
    """How to train. Rates are per step; `evaluate_at` are used parts of the budget, ascending.

    `patience` evaluations without a better one end the run early (0: never).
    """

    limits: BudgetLimits
    fingerprint: str
    seed: int = 0
    learning_rate: float = 2e-3
    backbone_factor: float = 0.3
    backbone_prefix: str = "backbone."
    weight_decay: float = 0.02
    warmup_steps: int = 50
    flat: float = 0.0
    clip_norm: float = 10.0
    ema_decay: float = 0.995
    ema_tau: float = 60.0
    evaluate_at: tuple[float, ...] = (0.5, 0.75, 1.0)
    best_by: str = "score"
    patience: int = 0
    checkpoint_every_s: float = 30.0
    report_every_s: float = 2.0


@dataclass
class LoopOutcome:
    """What came out: the best averaged weights, their metrics, and how the run went."""

    best_state: dict[str, Tensor]
    best_metrics: dict[str, float]
    steps: int
    cpu_s: float
    wall_s: float
    ended_by: str
    history: list[dict[str, float]] = field(default_factory=list)


class TrainingLoop:
    """A run of `model`; `run` returns when budget or patience is used up.

    Raises (from `run`): TrainingCancelled, LossNotFinite, OutOfMemory, CheckpointDamaged.
    """

    def __init__(
        self,
        model: nn.Module,
        *,
        loss: LossFunction,
        batches: BatchSource,
        evaluate: Evaluate,
        plan: LoopPlan,
        device: Device,
        reporter: Reporter,
        workdir: Path,
    ) -> None:
        self.plan, self.device, self.reporter, self.workdir = plan, device, reporter, workdir
        self.model, self.loss, self.batches, self.evaluate = model, loss, batches, evaluate
        self.wrapped = device.wrap(model)
        self.optimiser = torch.optim.AdamW(_parameter_groups(model, plan), betas=(0.9, 0.99))
        self.average = AveragedWeights(model, decay=plan.ema_decay, tau=plan.ema_tau)
        self.budget = Budget(plan.limits)
        self.step, self.done_evaluations, self.stale = 0, 0, 0
        self.outcome = LoopOutcome(self.average.state, {}, 0, 0.0, 0.0, "budget")
        self._parts: dict[str, Tensor] = {}

    def run(self) -> LoopOutcome:
        """Train to the end, from the checkpoint when the work directory has one."""
        self._resume()
        saved = reported = time.monotonic()
        on_gpu = self.device.torch_device.type == "cuda"
        with Prefetcher(
            self.batches,
            seed=self.plan.seed,
            rank=self.device.rank,
            first_step=self.step,
            workers=GPU_BATCH_THREADS if on_gpu else 1,
            pin=on_gpu,
        ) as source:
            while True:
                cancel = self.device.is_main and self.reporter.should_stop()
                fraction, stop, ended = self.device.agree(
                    [self.budget.fraction(self.step), float(cancel), float(self._ran_out())]
                )
                self._evaluate_when_due(fraction)
                if stop:
                    self._cancel()
                if fraction >= 1 or ended:
                    break
                source.fraction = fraction
                batch = guard_memory(source.next_batch, what="making a batch")
                self._train_step(batch, fraction)
                now = time.monotonic()
                if now - reported >= self.plan.report_every_s:
                    self._report(fraction)
                    reported = now
                if now - saved >= self.plan.checkpoint_every_s:
                    self._save()
                    saved = now
        self._save()
        return self._finish()

    def _train_step(self, batch: Batch, fraction: float) -> None:
        factor = learning_rate_factor(
            fraction, step=self.step, warmup_steps=self.plan.warmup_steps, flat=self.plan.flat
        )
        for group in self.optimiser.param_groups:
            group["lr"] = group["base_rate"] * factor
        guard_memory(lambda: self._learn(batch, fraction), what=f"training step {self.step}")
        self.average.update(self.model)
        self.step += 1

    def _learn(self, batch: Batch, fraction: float) -> None:
        self.wrapped.train()
        with self.device.autocast():
            loss, self._parts = self.loss(self.wrapped, self.device.move(batch), fraction)
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        norm = nn.utils.clip_grad_norm_(self.model.parameters(), self.plan.clip_norm)
        if not math.isfinite(float(norm) + float(loss.detach())):
            raise LossNotFinite(
                f"The loss became {float(loss.detach())} (gradient norm {float(norm)}) at step {self.step}.",
                remedy="Lower learning_rate (half is a good start), and look for damaged images or boxes.",
            )
        self.optimiser.step()

    def _ran_out(self) -> bool:
        return bool(self.plan.patience) and self.stale >= self.plan.patience

    def _evaluate_when_due(self, fraction: float) -> None:
        due = sum(1 for point in self.plan.evaluate_at if point <= fraction)
        if due <= self.done_evaluations:
            return
        self.done_evaluations = due
        if self.device.is_main:
            self._evaluate_average(fraction)
        self.stale = int(self.device.agree([float(self.stale)])[0])

    def _evaluate_average(self, fraction: float) -> None:
        own = {name: value.clone() for name, value in self.model.state_dict().items()}
        self.model.load_state_dict(self.average.state)
        self.model.eval()
        with torch.inference_mode():
            metrics = dict(guard_memory(lambda: self.evaluate(self.model), what="evaluating"))
        self.outcome.history.append({"step": float(self.step), "fraction": fraction, **metrics})
        best = self.outcome.best_metrics.get(self.plan.best_by, -math.inf)
        if metrics[self.plan.best_by] >= best:
            self.outcome.best_metrics = metrics
            self.outcome.best_state = {n: v.detach().clone() for n, v in self.average.state.items()}
            self.stale = 0
        else:
            self.stale += 1
        self.model.load_state_dict(own)
        self.reporter.report(
            step=self.step, fraction=fraction, eta_s=self.budget.eta_s(fraction), values=metrics
        )
        self._save()

    def _report(self, fraction: float) -> None:
        if not self.device.is_main:
            return
        values = {name: float(value) for name, value in self._parts.items()}
        values["learning_rate"] = float(self.optimiser.param_groups[0]["lr"])
        self.reporter.report(
            step=self.step, fraction=fraction, eta_s=self.budget.eta_s(fraction), values=values
        )

    def _cancel(self) -> None:
        self._save()
        raise TrainingCancelled(
            f"The run was stopped at step {self.step} because somebody asked for it.",
            remedy="Start it again with the same work directory to go on from here.",
        )

    def _save(self) -> None:
        if not self.device.is_main:
            return
        save_checkpoint(
            self.workdir,
            {
                "fingerprint": self.plan.fingerprint,
                "model": self.model.state_dict(),
                "optimiser": self.optimiser.state_dict(),
                "average": self.average.state,
                "average_updates": self.average.updates,
                "best": self.outcome.best_state,
                "best_metrics": self.outcome.best_metrics,
                "history": self.outcome.history,
                "torch_rng": torch.get_rng_state(),
                "counters": [self.step, self.done_evaluations, self.stale],
                "spent": [self.budget.cpu_s, self.budget.wall_s],
            },
        )

    def _resume(self) -> None:
        state = load_checkpoint(self.workdir, fingerprint=self.plan.fingerprint)
        if state is None:
            return
        place = self.device.torch_device
        self.model.load_state_dict(state["model"])
        self.optimiser.load_state_dict(state["optimiser"])
        self.average.state = _moved(state["average"], place)
        self.average.updates = state["average_updates"]
        self.outcome.best_state = _moved(state["best"], place)
        self.outcome.best_metrics, self.outcome.history = state["best_metrics"], state["history"]
        torch.set_rng_state(state["torch_rng"])
        self.step, self.done_evaluations, self.stale = state["counters"]
        spent_cpu_s, spent_wall_s = state["spent"]
        self.budget = Budget(self.plan.limits, spent_cpu_s=spent_cpu_s, spent_wall_s=spent_wall_s)
        if self.device.is_main:
            self.reporter.log("info", f"Continued from the checkpoint at step {self.step}.")

    def _finish(self) -> LoopOutcome:
        outcome = self.outcome
        outcome.steps, outcome.cpu_s, outcome.wall_s = self.step, self.budget.cpu_s, self.budget.wall_s
        outcome.ended_by = "patience" if self._ran_out() else "budget"
        outcome.best_state = {name: value.clone() for name, value in outcome.best_state.items()}
        self.device.share(outcome.best_state)
        return outcome


def _moved(state: dict[str, Tensor], place: torch.device) -> dict[str, Tensor]:
    return {name: value.to(place) for name, value in state.items()}


def _parameter_groups(model: nn.Module, plan: LoopPlan) -> list[dict[str, Any]]:
    """Return four groups: backbone or not, weight decay (matrices) or not (biases, scales)."""
    groups: dict[tuple[bool, bool], list[nn.Parameter]] = {}
    for name, parameter in model.named_parameters():
        if parameter.requires_grad:
            key = (name.startswith(plan.backbone_prefix), parameter.ndim > 1)
            groups.setdefault(key, []).append(parameter)
    return [
        {
            "params": parameters,
            "base_rate": plan.learning_rate * (plan.backbone_factor if is_backbone else 1.0),
            "lr": plan.learning_rate,
            "weight_decay": plan.weight_decay if decays else 0.0,
        }
        for (is_backbone, decays), parameters in groups.items()
    ]
