"""Which sites of a fleet are in alarm now, so that the share of false ones stays bounded: e-d-BH.

Owns the thresholds over S sites. Refuses running maxima: the procedure is valid for the current values of the
evidence only, and fails on suprema.

Promise: with evidence M of e-detectors (E[M] <= E[t] at every stopping time for a healthy site), whatever the
sites have to do with each other, at every stopping time t the expected share of false alarms among the alarms
is at most alpha * E[t] ("error over patience"). With alpha = q / T it is at most q over T units watched.
It cannot promise a false discovery rate for ever: no procedure that alarms healthy sites after a finite time
on average can. Nor does it name the site when a cause is common to several: see `common_channels`.
Source: S. Dandapanthula, A. Ramdas, "Multiple testing in multi-stream sequential change detection" (2025);
on suprema: Tavyrikov et al. (2025).
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

COMMON_SITES = 3
COMMON_SHARE = 0.5


@dataclass(frozen=True)
class FleetAlarms:
    """The sites in alarm, strongest first; `log_threshold` is what each of them reached or passed."""

    sites: tuple[str, ...]
    log_threshold: float
    n_sites: int
    alpha: float


def log_thresholds(n_sites: int, *, alpha: float) -> tuple[float, ...]:
    """Return log(S / (k alpha)) for k = 1..S: what the k-th strongest site must reach when k sites alarm.

    >>> [round(math.exp(limit)) for limit in log_thresholds(20, alpha=0.1 / 1e6)[:2]]
    [200000000, 100000000]
    """
    if n_sites < 1 or not 0 < alpha < 1:
        raise ValueError(f"A fleet has sites and an alpha in 0..1; got {n_sites} sites, alpha {alpha}.")
    return tuple(math.log(n_sites / alpha) - math.log(k) for k in range(1, n_sites + 1))


def alarmed_sites(log_evidence: Mapping[str, float], *, alpha: float) -> FleetAlarms:
    """Return the k strongest sites, k the largest number whose k-th site reaches S / (k alpha).

    `log_evidence`: the current evidence of every site of the fleet, the quiet ones too. `alpha`: tolerated
    share of false alarms a unit of patience, e.g. 0.1 / 1,000,000.

    >>> alarmed_sites({"lyon": 20.0, "metz": 18.5, "brest": 3.0}, alpha=1e-8).sites
    ('lyon',)
    >>> alarmed_sites({"lyon": 20.0, "metz": 19.0, "brest": 3.0}, alpha=1e-8).sites
    ('lyon', 'metz')
    """
    limits = np.array(log_thresholds(len(log_evidence), alpha=alpha))
    ordered = sorted(log_evidence, key=lambda site: (-log_evidence[site], site))
    reached = np.flatnonzero(np.array([log_evidence[site] for site in ordered]) >= limits)
    k = int(reached[-1]) + 1 if reached.size else 0
    return FleetAlarms(
        sites=tuple(ordered[:k]),
        log_threshold=float(limits[max(k, 1) - 1]),
        n_sites=len(ordered),
        alpha=alpha,
    )


def common_channels(
    shares: Mapping[str, Mapping[str, float]],
    *,
    min_sites: int = COMMON_SITES,
    min_share: float = COMMON_SHARE,
) -> dict[str, tuple[str, ...]]:
    """Return the channels that hold most of the evidence at several sites in alarm: one incident, not many.

    `shares`: for each site in alarm, the share of each channel. A rule of thumb, without a promise.

    >>> common_channels({"a": {"blur": 0.9}, "b": {"blur": 0.8}, "c": {"blur": 0.7}, "d": {"blur": 0.1}})
    {'blur': ('a', 'b', 'c')}
    """
    sites_of: dict[str, list[str]] = {}
    for site in sorted(shares):
        for channel, share in shares[site].items():
            if share >= min_share:
                sites_of.setdefault(channel, []).append(site)
    return {channel: tuple(sites) for channel, sites in sites_of.items() if len(sites) >= min_sites}
