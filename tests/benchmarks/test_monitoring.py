"""perenne-bench in its reduced size, and the statements about guarantees that it rests on.

Error budget: all seeds are fixed; a promise counts as broken when chance explains the alarms with less than
0.001.
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.stats import binom

from perenne.monitoring import Monitor, Reference
from perenne.monitoring.channels import channel_weights
from perenne.monitoring.plain import records_from_embeddings
from perenne.stats.sequential import EDetector

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def figures(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    work = tmp_path_factory.mktemp("bench")
    command = [sys.executable, str(ROOT / "benchmarks" / "monitoring" / "run.py"), "--quick"]
    done = subprocess.run(
        [*command, "--parts", "1,2", "--work", str(work)],
        capture_output=True,
        text=True,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout.splitlines()[-1]))


@pytest.mark.xdist_group("perenne-bench")
def test_healthy_streams_of_real_images_alarm_no_more_than_promised(figures: dict[str, Any]) -> None:
    found = figures["false_alarms"]
    rows = [row for at in found["iid"].values() for row in at.values()]
    rows += [*found["lots"]["by_lot"].values(), found["fleet_year"]["by_site"]]
    assert all(row["p_value"] > 0.001 for row in rows), rows
    assert found["fleet_year"]["by_fleet_rule"] == 0


@pytest.mark.xdist_group("perenne-bench")
def test_images_taken_one_by_one_alarm_where_lots_resemble_each_other(figures: dict[str, Any]) -> None:
    assert figures["false_alarms"]["lots"]["by_image_ignoring_lots"]["p_value"] < 0.001


@pytest.mark.xdist_group("perenne-bench")
def test_gross_changes_are_seen_within_ten_images_at_a_promise_of_a_million(figures: dict[str, Any]) -> None:
    assert figures["delay_jpeg80"] <= 10 and figures["delay_noise4"] <= 10


@pytest.mark.xdist_group("perenne-bench")
def test_no_peer_is_installed_by_a_quick_run(figures: dict[str, Any]) -> None:
    assert figures["peers_missing"] == {} and "alibi_pca" not in figures["power"]["thresholds"]


def test_the_run_length_is_kept_and_is_tight_on_independent_units() -> None:
    promise, units, alarms = 200.0, 12_000, 0
    for seed in range(4):
        rng = np.random.default_rng(seed)
        watch = EDetector(rng.normal(size=(300, 5)), channels=list("abcde"), run_length=promise)
        for t, row in enumerate(rng.normal(size=(units // 4, 5))):
            if watch.update(f"{seed}-{t}", row).alarm:
                alarms += 1
                watch.restart()
    assert binom.sf(alarms - 1, units, 1 / promise) > 0.001
    assert binom.cdf(alarms, units, 1 / (4 * promise)) > 0.001, "more than four times too strict"


def test_the_monitor_gives_the_evidence_of_the_detectors_that_the_benchmark_runs() -> None:
    rng = np.random.default_rng(1)
    reference = Reference.fit(records_from_embeddings(rng.normal(size=(400, 6))), unit="image")
    monitor = Monitor(reference, run_length=1e6, amber_run_length=1e6)
    weights = channel_weights(reference.entries)
    alone = EDetector(reference.units_NU, channels=reference.entries, run_length=1e6, weights=weights)
    later = records_from_embeddings(rng.normal(size=(50, 6)) + 0.5, name="later")
    for record, values in zip(later, reference.values_of(later), strict=True):
        step = monitor.update(record)
        assert step is not None
        assert step.log_evidence == alone.update(record.image_id, values).log_evidence
