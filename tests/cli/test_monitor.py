"""Watching by the command line: what stands where, an incident from alarm to closed."""

import json
from typing import Any

import pytest

from perenne.hub.monitoring.jobs import tick_all
from perenne.testing.hubs import HubInProcess
from perenne.testing.watched import WatchedHub

FIRST = 500


@pytest.fixture
def drifted(hub: HubInProcess) -> WatchedHub:
    """A hub whose site lyon lost its light after a good reference."""
    made = WatchedHub(hub)
    made.add_place("lyon")
    made.add_place("metz")
    model = made.add_model()
    made.inspect("lyon", FIRST + 20, model=model)
    made.inspect("lyon", 25, model=model, moved={"mean": -6.0})
    tick_all(hub.hub)
    return made


def test_the_worst_site_stands_first_and_an_incident_goes_from_alarm_to_closed(
    drifted: WatchedHub, perenne: Any
) -> None:
    sites = perenne("monitor", "sites").out
    assert sites.index("lyon") < sites.index("metz")
    assert "alarm" in sites and "collecting" in sites
    contexts = perenne("monitor", "contexts", "lyon").out
    assert "cells:1" in contexts
    assert "acquisition.brightness" in perenne("monitor", "incidents").out
    shown = perenne("monitor", "show", "1").out
    assert "What was looked at" in shown and "growing" in shown and "opened" in shown

    perenne("monitor", "acknowledge", "1", "--note", "on my way")
    refused = perenne("monitor", "assign", "1", "nobody@acme.fr", fails=True)
    assert "no such user" in refused.err
    perenne("monitor", "close", "1", "--reason", "Lamp replaced", "--cause", "light")
    assert "Lamp replaced" in perenne("monitor", "show", "1").out
    told = json.loads(perenne("monitor", "incidents", "--json").out)
    assert [(one["number"], one["state"]) for one in told] == [(1, "closed")]


def test_a_reference_and_a_golden_part_are_set_with_a_reason(drifted: WatchedHub, perenne: Any) -> None:
    context = json.loads(perenne("monitor", "contexts", "lyon", "--json").out)[0]["id"]
    assert "Reference asked" in perenne("monitor", "reference", context, "--reason", "New lamp").out
    golden = ("monitor", "golden-part", "lyon", "s1")
    assert "golden part" in perenne(*golden, "gold-1", "--name", "Master disc").out
    assert "Master disc" in perenne(*golden).out
    assert json.loads(perenne(*golden, "--json").out)["part_id"] == "gold-1"
    assert "no golden part any more" in perenne(*golden, "--remove").out
    assert "No golden part" in perenne(*golden, fails=True).err
    assert "not calibrated" in perenne("monitor", "gate", "lyon", "s1").out


def test_an_empty_hub_says_what_to_do(perenne: Any) -> None:
    assert "perenne sites add" in perenne("monitor", "sites").out
    assert "No incident" in perenne("monitor", "incidents").out


def test_a_window_is_compared_with_its_reference(drifted: WatchedHub, perenne: Any) -> None:
    context = json.loads(perenne("monitor", "contexts", "lyon", "--json").out)[0]["id"]
    began = drifted.house.clock.at - 24 * drifted.every
    shown = perenne("monitor", "window", context, "--since", began.strftime("%Y-%m-%dT%H:%M"))
    assert "acquisition.brightness" in shown.out and "permutations by image" in shown.out
    assert "alarms nobody" in shown.err
