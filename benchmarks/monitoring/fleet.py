"""Part 3: a fleet in which a tenth of the sites drift: who is alarmed, how late, and how many wrongly.

Sites are drawn independently from the cells' own values; drifting ones change after 60 of 200 units to values
of one of four changed copies. Three ways to decide over the same fleet: the fleet's rule (e-d-BH on the
evidence of now), a threshold for each site by itself, and Benjamini-Hochberg each day on p-values of
Kolmogorov-Smirnov windows, Bonferroni over channels. Shares of false alarms are over all sites ever alarmed.
"""

import math
import sys
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from detectors import ks_p_values
from numpy.typing import NDArray
from streams import N_CLEAN, Draw, to_numbers

from perenne.monitoring.channels import channel_weights
from perenne.stats.sequential import EDetector, alarmed_sites

Floats = NDArray[np.float64]
UNITS, CHANGE, DAY = 200, 60, 20
DRIFTING = 0.1
PATIENCE = 1e4
ALPHA = 0.1
KINDS = (("jpeg", 80.0), ("blur", 1.0), ("gamma", 1.15), ("noise", 4.0))


@dataclass
class Outcome:
    """First alarm of each site under one rule."""

    first: dict[int, int] = field(default_factory=dict)

    def note(self, site: int, unit: int) -> None:
        """Remember the first alarm of a site."""
        self.first.setdefault(site, unit)

    def tell(self, *, drifting: int) -> dict[str, Any]:
        """Return false alarms, their share, and delays of the sites that truly drift (the first ones)."""
        wrong = [s for s, unit in self.first.items() if s >= drifting or unit < CHANGE]
        delays = [unit - CHANGE + 1 for s, unit in self.first.items() if s < drifting and unit >= CHANGE]
        return {
            "false": len(wrong),
            "false_share": round(len(wrong) / max(1, len(self.first)), 4),
            "found": len(delays),
            "drifting": drifting,
            "delay_mean": round(float(np.mean(delays)), 1) if delays else None,
        }


def measure_fleet(draw: Draw, *, sizes: list[int]) -> dict[str, Any]:
    """Return for each size of fleet what the three rules do."""
    numbers = to_numbers(draw.null(502))
    clean = np.concatenate([numbers.reference["values"], numbers.following["values"]])
    changed = []
    for kind, at in KINDS:
        stream = draw.shifted(kind, at, 502)
        changed.append(to_numbers_in(numbers.names, stream))
    return {str(size): _run(size, clean, changed, names=numbers.names) for size in sizes}


def to_numbers_in(names: tuple[str, ...], stream: Any) -> tuple[Floats, Floats]:
    """Return the clean and the changed values of a stream, in its own frame."""
    numbers = to_numbers(stream)
    if numbers.names != names:
        raise ValueError("The channels of two references of one kind of image differ.")
    before = np.concatenate([numbers.reference["values"], numbers.following["values"][:N_CLEAN]])
    return before, numbers.following["values"][N_CLEAN:]


def _run(
    size: int, clean: Floats, changed: list[tuple[Floats, Floats]], *, names: tuple[str, ...]
) -> dict[str, Any]:
    weights = channel_weights(names)
    drifting = round(DRIFTING * size)
    evidence = np.empty((size, UNITS))
    p_values = np.empty((size, UNITS // DAY))
    for site in range(size):
        rng = np.random.default_rng([site, 7])
        pool, after = changed[site % len(changed)] if site < drifting else (clean, clean)
        reference = pool[rng.integers(0, len(pool), 500)]
        rows = pool[rng.integers(0, len(pool), UNITS)]
        if site < drifting:
            rows[CHANGE:] = after[rng.integers(0, len(after), UNITS - CHANGE)]
        watch = EDetector(reference, channels=names, run_length=1e30, weights=weights)
        for t, row in enumerate(rows):
            evidence[site, t] = watch.update(f"{site}-{t}", row).log_evidence
            if evidence[site, t] > math.log(1e25):
                evidence[site, t:] = evidence[site, t]
                break
        ordered = np.sort(reference, axis=0)
        for day in range(UNITS // DAY):
            p = ks_p_values(ordered, rows[day * DAY : (day + 1) * DAY])
            p_values[site, day] = min(1.0, float(p.min()) * len(names))
    print(f"fleet of {size} watched", file=sys.stderr)
    return _decide(evidence, p_values, drifting=drifting)


def _decide(evidence: Floats, p_values: Floats, *, drifting: int) -> dict[str, Any]:
    fleet, alone, daily = Outcome(), Outcome(), Outcome()
    now: list[float] = []
    for t in range(evidence.shape[1]):
        column = evidence[:, t]
        told = alarmed_sites(
            {str(site): float(value) for site, value in enumerate(column)}, alpha=ALPHA / PATIENCE
        )
        alarmed = [int(site) for site in told.sites]
        now.append(sum(s >= drifting or t < CHANGE for s in alarmed) / max(1, len(alarmed)))
        for site in alarmed:
            fleet.note(site, t)
        for site in np.flatnonzero(column >= math.log(PATIENCE)):
            alone.note(int(site), t)
        if (t + 1) % DAY == 0:
            for site in benjamini_hochberg(p_values[:, t // DAY], q=ALPHA):
                daily.note(int(site), t)
    rules = {"fleet_rule": fleet, "each_site_alone": alone, "bh_on_daily_p_values": daily}
    told_all: dict[str, Any] = {name: rule.tell(drifting=drifting) for name, rule in rules.items()}
    told_all["fleet_rule"]["false_share_now_largest"] = round(max(now), 4)
    return told_all


def benjamini_hochberg(p: Floats, *, q: float) -> NDArray[np.intp]:
    """Return the sites whose p-values are rejected at a false discovery rate of q."""
    order = np.argsort(p)
    passed = np.flatnonzero(p[order] <= q * np.arange(1, len(p) + 1) / len(p))
    return order[: passed[-1] + 1] if passed.size else order[:0]
