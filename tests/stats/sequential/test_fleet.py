"""A fleet alarms no more than the procedure allows, and the whole fleet is judged at once."""

import math

import numpy as np
import pytest

from perenne.stats.sequential import alarmed_sites, common_channels, log_thresholds


def test_the_rule_is_the_largest_k_even_when_an_earlier_one_fails() -> None:
    limits = log_thresholds(3, alpha=0.01)
    # The strongest alone misses its threshold for k = 1; two together reach theirs for k = 2.
    both = alarmed_sites({"a": limits[0] - 0.1, "b": limits[1] + 0.01, "c": 0.0}, alpha=0.01)
    assert both.sites == ("a", "b") and both.log_threshold == limits[1]
    none = alarmed_sites({"a": limits[0] - 0.1, "b": 0.0, "c": -math.inf}, alpha=0.01)
    assert none.sites == () and none.log_threshold == limits[0]


def test_the_share_of_false_alarms_keeps_below_error_over_patience() -> None:
    """4,000 fleets of 10 sites at patience 50: 3 drift, 7 are healthy with heavy-tailed evidence of mean 50.

    Healthy M is 50 min(1 / U, 500) / (1 + ln 500), whose mean is exactly 50. Error budget: the average share
    has a standard error below 0.005; the bound is alpha * 50 = 0.1.
    """
    rng = np.random.default_rng(0)
    inverse = np.minimum(1 / rng.random((4000, 7)), 500.0)
    healthy = 50 * inverse / (1 + math.log(500))
    alpha = 0.002
    shares = []
    for values in healthy:
        fleet = {f"h{i}": math.log(value) for i, value in enumerate(values)} | {
            f"d{i}": 30.0 for i in range(3)
        }
        alarms = alarmed_sites(fleet, alpha=alpha).sites
        shares.append(sum(site[0] == "h" for site in alarms) / max(1, len(alarms)))
    assert np.mean(shares) <= alpha * 50 + 0.005


def test_sites_with_one_cause_are_one_incident() -> None:
    shares = {site: {"blur": 0.2, "blockiness": 0.8} for site in ("a", "b", "c")} | {"d": {"light": 1.0}}
    assert common_channels(shares) == {"blockiness": ("a", "b", "c")}


def test_two_thousand_sites_are_judged_in_the_order_of_their_evidence() -> None:
    evidence = {f"site-{i}": float(i % 977) / 10 for i in range(2000)}
    alarms = alarmed_sites(evidence, alpha=1e-7)
    values = [evidence[site] for site in alarms.sites]
    assert values == sorted(values, reverse=True) and values[-1] >= alarms.log_threshold


def test_an_empty_fleet_is_refused() -> None:
    with pytest.raises(ValueError, match="0 sites"):
        alarmed_sites({}, alpha=0.1)
