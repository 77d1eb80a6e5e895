"""Which deployment answers, and which thresholds are in force."""

from dataclasses import dataclass

import pytest

from perenne.hub.deployments.rules import (
    BadThresholds,
    DeploymentState,
    NotActive,
    check_transition,
    choose_active,
    merge_thresholds,
)


@dataclass(frozen=True)
class Row:
    name: str
    station_id: str | None
    state: str


ROWS = [
    Row("old", None, "superseded"),
    Row("site", None, "active"),
    Row("station", "s1", "active"),
    Row("gone", "s2", "undone"),
]


@pytest.mark.parametrize(
    ("station", "name"), [("s1", "station"), ("s2", "site"), ("s3", "site"), (None, "site")]
)
def test_the_more_specific_active_deployment_answers(station: str | None, name: str) -> None:
    chosen = choose_active(ROWS, station_id=station)
    assert chosen is not None and chosen.name == name


def test_nothing_answers_where_nothing_is_active() -> None:
    assert choose_active(ROWS[:1], station_id="s1") is None


@pytest.mark.parametrize("present", ["superseded", "undone"])
@pytest.mark.parametrize("wanted", list(DeploymentState))
def test_an_ended_deployment_never_changes(present: str, wanted: DeploymentState) -> None:
    with pytest.raises(NotActive, match=present):
        check_transition(present, wanted=wanted)


def test_site_thresholds_replace_those_of_the_artefact_name_by_name() -> None:
    assert merge_thresholds({"fail": 0.5, "unsure": 0.3}, overrides={"fail": 0.7}, model="m:1") == {
        "fail": 0.7,
        "unsure": 0.3,
    }


@pytest.mark.parametrize("overrides", [{"other": 0.5}, {"fail": 1.5}, {"fail": float("nan")}])
def test_thresholds_that_mean_nothing_are_refused(overrides: dict[str, float]) -> None:
    with pytest.raises(BadThresholds):
        merge_thresholds({"fail": 0.5}, overrides=overrides, model="m:1")
