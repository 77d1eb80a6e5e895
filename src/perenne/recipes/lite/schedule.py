"""How much of the budget is used, the learning rate that follows from it, and the averaged weights.

Owns budget, learning-rate curve and EMA. Refuses epochs: a budget is CPU seconds, wall seconds or steps.
"""

import math
import time
from dataclasses import dataclass

import torch
from torch import Tensor, nn


@dataclass(frozen=True)
class BudgetLimits:
    """What ends a run; at least one is set. Seconds of CPU time of this process, of wall time, or steps."""

    cpu_s: float | None = None
    wall_s: float | None = None
    steps: int | None = None


class Budget:
    """A running budget that can be continued after a restart (`spent` of the checkpoint)."""

    def __init__(self, limits: BudgetLimits, *, spent_cpu_s: float = 0.0, spent_wall_s: float = 0.0) -> None:
        self.limits = limits
        self._cpu0 = time.process_time() - spent_cpu_s
        self._wall0 = time.monotonic() - spent_wall_s

    @property
    def cpu_s(self) -> float:
        """CPU seconds spent, earlier processes of the run included."""
        return time.process_time() - self._cpu0

    @property
    def wall_s(self) -> float:
        """Wall seconds spent, earlier processes of the run included."""
        return time.monotonic() - self._wall0

    def fraction(self, step: int) -> float:
        """Return the used part of the tightest limit, 0..1."""
        parts = [0.0]
        if self.limits.cpu_s:
            parts.append(self.cpu_s / self.limits.cpu_s)
        if self.limits.wall_s:
            parts.append(self.wall_s / self.limits.wall_s)
        if self.limits.steps:
            parts.append(step / self.limits.steps)
        return min(1.0, max(parts))

    def eta_s(self, fraction: float) -> float | None:
        """Return the wall seconds that remain at the present pace, or None before 1 % is used."""
        if fraction < 0.01:
            return None
        return self.wall_s * (1 - fraction) / fraction


def learning_rate_factor(
    fraction: float, *, step: int, warmup_steps: int, floor: float = 0.02, flat: float = 0.0
) -> float:
    """Return the factor on the base rate: linear warm-up, `flat` part of the budget at 1, cosine to `floor`.

    >>> round(learning_rate_factor(0.5, step=1000, warmup_steps=50), 2)
    0.51
    """
    warm = min(1.0, (step + 1) / max(1, warmup_steps))
    along = min(1.0, max(0.0, (fraction - flat) / (1 - flat)))
    return warm * (floor + (1 - floor) * 0.5 * (1 + math.cos(math.pi * along)))


class AveragedWeights:
    """An exponential moving average of a model's floating-point state.

    The decay grows with the number of updates, so that early averages forget the start.
    """

    def __init__(self, model: nn.Module, *, decay: float, tau: float = 60.0) -> None:
        self.decay = decay
        self.tau = tau
        self.updates = 0
        self.state: dict[str, Tensor] = {
            name: value.detach().clone() for name, value in model.state_dict().items()
        }

    @torch.no_grad()
    def update(self, model: nn.Module) -> None:
        """Move the average towards the model's present weights."""
        self.updates += 1
        decay = self.decay * (1 - math.exp(-self.updates / self.tau))
        present = model.state_dict()
        floats = [name for name, value in self.state.items() if value.is_floating_point()]
        torch._foreach_lerp_(
            [self.state[name] for name in floats], [present[name].detach() for name in floats], 1 - decay
        )
        for name in self.state.keys() - set(floats):
            self.state[name].copy_(present[name])
