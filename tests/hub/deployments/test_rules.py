"""When a deployment may end, and which thresholds are in force."""

from typing import Any

import pytest

from perenne.hub.deployments.rules import (
    THRESHOLDS,
    BadThresholds,
    DeploymentState,
    NotActive,
    check_transition,
    merge_thresholds,
)
from perenne.problems import PROBLEMS


@pytest.mark.parametrize("present", ["superseded", "undone"])
@pytest.mark.parametrize("wanted", list(DeploymentState))
def test_an_ended_deployment_never_changes(present: str, wanted: DeploymentState) -> None:
    with pytest.raises(NotActive, match=present):
        check_transition(present, wanted=wanted)


DEFAULTS = {"fail_at": 0.5, "fail_classes": ["bad"], "chosen_by": "best F1"}


def test_site_thresholds_replace_those_of_the_artefact_name_by_name() -> None:
    merged = merge_thresholds(
        DEFAULTS,
        overrides={"fail_at": 0.7, "unsure_from": 0.3, "fail_classes": ["bad", "odd"]},
        problem="classification",
        classes=["ok", "bad", "odd"],
    )
    assert merged == {
        "fail_at": 0.7,
        "unsure_from": 0.3,
        "fail_classes": ["bad", "odd"],
        "chosen_by": "best F1",
    }


@pytest.mark.parametrize(
    ("problem", "overrides"),
    [
        ("classification", {"other": 0.5}),
        ("classification", {"fail_at": 1.5}),
        ("classification", {"fail_at": float("nan")}),
        ("classification", {"fail_at": ["bad"]}),
        ("classification", {"fail_classes": 0.5}),
        ("classification", {"fail_classes": ["unheard of"]}),
        ("detection", {"fail_at": 0.5}),
        ("regression", {"fail_above": float("inf")}),
    ],
)
def test_thresholds_that_mean_nothing_are_refused(problem: str, overrides: dict[str, Any]) -> None:
    with pytest.raises(BadThresholds, match=next(iter(overrides))):
        merge_thresholds(DEFAULTS, overrides=overrides, problem=problem, classes=["ok", "bad"])


def test_limits_of_a_value_may_be_any_number() -> None:
    merged = merge_thresholds({}, overrides={"fail_above": 120.0}, problem="regression", classes=[])
    assert merged == {"fail_above": 120.0}


def test_every_problem_type_has_its_thresholds() -> None:
    assert set(THRESHOLDS) == set(PROBLEMS.names())
