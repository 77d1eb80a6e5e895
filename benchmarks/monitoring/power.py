"""Part 2: how soon each detector notices a change, when all of them alarm falsely equally often.

Every detector's threshold is set on streams without a change, so that one in ten of them (1,000 images each)
alarms: one false alarm in about 9,500 images. Delays are then read on other streams: 200 clean images, 800
after the change; a stream that alarms before the change is left out of the delays and counted. Nobody is told
the shifts; peers get our channels as well as 32 principal components. Perenne's delays at its promise of
1,000,000 images are told beside. Where an interval of medians (bootstrap, 90 %) holds the best median, or
its own holds ours, the two are tied.
"""

import math
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from boards import BoardDraw
from detectors import run_here
from numpy.typing import NDArray
from peers_apart import Peers, read_costs, read_scores, write_numbers
from streams import N_AFTER, N_CLEAN, Draw, to_numbers

FALSE_ALARM_SHARE = 0.10
PROMISED = 1e6
QUICK_SHIFTS = [("jpeg", 80.0), ("noise", 4.0)]
HEADLINES = {
    "delay_jpeg80": "jpeg_80",
    "delay_blur1": "blur_1",
    "delay_noise4": "noise_4",
    "delay_celltype": "celltype_1",
}
OURS = ("perenne", "growing", "anchored")
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Size:
    """How many streams: without a change, and for each shift; slow peers get the first `peer_seeds`.

    The four changes of `HEADLINES` get `headline_seeds` of them, for Perenne and Kolmogorov-Smirnov.
    """

    nulls: int
    seeds: int
    peer_seeds: int
    shifts: list[tuple[str, float]]
    headline_seeds: int = 0

    def seeds_of(self, shift: str) -> int:
        """Return how many streams a shift and strength gets."""
        return max(self.seeds, self.headline_seeds if shift in HEADLINES.values() else 0)


def measure_power(draw: Draw | BoardDraw, *, peers: Peers, work: Path, size: Size) -> dict[str, Any]:
    """Return the table of delays, the thresholds and the counts."""
    write_streams(draw, work / "null", seeds=size.nulls, shifts=[])
    for shift, at in size.shifts:
        write_streams(draw, work / "shift", seeds=size.seeds_of(f"{shift}_{at:g}"), shifts=[(shift, at)])
    costs: dict[str, Any] = {}
    stop_at: dict[str, float] = {}
    scores: dict[str, dict[str, dict[str, Floats]]] = {"null": {}, "shift": {}}
    for folder in scores:
        costs["here"] = run_here(work / folder, work / f"{folder}_here") or costs.get("here")
        read = [work / f"{folder}_here"]
        for name in [one for one in ("alibi", "online_cp", "river") if one in peers.ready]:
            began = time.time()
            target = work / f"{folder}_{name}"
            if peers.run(name, work / folder, target, _options(stop_at, folder, size)):
                read.append(target)
                costs[name] = read_costs(target)
            print(f"{name} on {folder}: {time.time() - began:.0f} s", file=sys.stderr)
        for target in read:
            for stream, found in read_scores(target).items():
                scores[folder].setdefault(stream, {}).update(found)
        stop_at = stop_at or find_thresholds(scores["null"])
    wanted = {f"{name}_{at:g}" for name, at in size.shifts}
    kept = {
        stream: found
        for stream, found in scores["shift"].items()
        if stream.split("__")[0] in wanted
        and int(stream.split("__")[1]) < size.seeds_of(stream.split("__")[0])
    }
    return _judge(scores["null"], kept) | {"cost": costs}


def _options(stop_at: dict[str, float], folder: str, size: Size) -> dict[str, Any]:
    return {"stop_at": stop_at} | ({"seeds": size.peer_seeds} if folder == "shift" else {})


def write_streams(
    draw: Draw | BoardDraw, folder: Path, *, seeds: int, shifts: list[tuple[str, float]]
) -> None:
    """Write the numbers of the streams that are not there yet; a folder named null holds unchanged ones."""
    for seed in range(seeds):
        if folder.name == "null":
            path = folder / f"null__{1000 + seed}.npz"
            if not path.exists():
                write_numbers(path, to_numbers(draw.null(1000 + seed)))
            continue
        for shift, at in shifts:
            path = folder / f"{shift}_{at:g}__{seed}.npz"
            if not path.exists():
                write_numbers(path, to_numbers(draw.shifted(shift, at, seed)))


def _judge(nulls: dict[str, dict[str, Floats]], streams: dict[str, dict[str, Floats]]) -> dict[str, Any]:
    """Return thresholds from the nulls and, for every shift and detector, its delays at them."""
    thresholds = find_thresholds(nulls)
    detectors = sorted(thresholds)
    by_shift: dict[str, dict[str, list[float]]] = {}
    early = dict.fromkeys([*detectors, "perenne_promised"], 0)
    for stream, found in sorted(streams.items()):
        rows = by_shift.setdefault(stream.split("__")[0], {})
        for name, series in found.items():
            _note(rows, early, name, delay_of(series, threshold=thresholds[name]))
        _note(rows, early, "perenne_promised", delay_of(found["growing"], threshold=math.log(PROMISED)))
    table = {
        shift: {name: summarise(values) for name, values in sorted(rows.items())}
        for shift, rows in by_shift.items()
    }
    return {
        "shifts": table,
        "thresholds": thresholds,
        "alarms_before_the_change": early,
        "streams_without_a_change": len(nulls),
        **count_best(table),
    }


def _note(rows: dict[str, list[float]], early: dict[str, int], name: str, delay: float | None) -> None:
    values = rows.setdefault(name, [])
    if delay is None:
        early[name] += 1
    else:
        values.append(delay)


def find_thresholds(nulls: dict[str, dict[str, Floats]]) -> dict[str, float]:
    """Return for every detector the score at which one in ten streams without a change alarms."""
    detectors = sorted({name for found in nulls.values() for name in found})
    return {
        name: threshold_of(np.array([found[name].max() for found in nulls.values() if name in found]))
        for name in detectors
    }


def threshold_of(largest: Floats) -> float:
    """Return the value above which one in ten streams without a change came."""
    ordered = np.sort(largest)
    place = math.ceil((1 - FALSE_ALARM_SHARE) * len(ordered)) - 1
    return float(np.nextafter(ordered[place], math.inf))


def delay_of(series: Floats, *, threshold: float) -> float | None:
    """Return images after the change until the alarm; infinity for none in 800, None for one before it."""
    hits = np.flatnonzero(series >= threshold)
    if not hits.size:
        return math.inf
    return None if hits[0] < N_CLEAN else float(hits[0] - N_CLEAN + 1)


def summarise(delays: list[float], *, most: int = N_AFTER) -> dict[str, Any]:
    """Return median with its 90 % interval, 90th percentile, and how many missed.

    None stands for a miss: more than `most`, the images after the change.
    """
    if not delays:
        return {"median": None, "interval": [None, None], "p90": None, "missed": 0, "streams": 0}
    values = np.minimum(np.array(delays), most + 1.0)
    rng = np.random.default_rng(0)
    medians = np.median(rng.choice(values, (2000, len(values))), axis=1)
    low, high = np.quantile(medians, [0.05, 0.95])

    def told(value: float) -> float | None:
        return None if value > most else round(float(value), 1)

    return {
        "median": told(np.median(values)),
        "interval": [told(low), told(high)],
        "p90": told(np.quantile(values, 0.9, method="higher")),
        "missed": int(np.isinf(delays).sum()),
        "streams": len(delays),
    }


def count_best(table: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """Return on how many shifts and strengths Perenne is best or tied, and the ratio where it is worst."""
    best_cells, losses, strictly, unseen = [], {}, [], []
    worst = 0.0
    for shift, rows in table.items():
        ours = rows["perenne"]
        others = {
            name: row
            for name, row in rows.items()
            if name not in (*OURS, "perenne_promised") and row["streams"]
        }
        if not others:
            continue
        rival = min(others, key=lambda name: _number(others[name]["median"]))
        theirs = others[rival]
        tied = _number(ours["interval"][0]) <= _number(theirs["interval"][1])
        worst = max(worst, _number(ours["median"]) / _number(theirs["median"]))
        if min(_number(ours["median"]), _number(theirs["median"])) > N_AFTER:
            unseen.append(shift)
        elif _number(ours["median"]) <= _number(theirs["median"]):
            strictly.append(shift)
        if _number(ours["median"]) <= _number(theirs["median"]) or tied:
            best_cells.append(shift)
        else:
            losses[shift] = {"perenne": ours["median"], rival: theirs["median"]}
    names = {shift.rpartition("_")[0] for shift in table}
    whole = [
        name for name in sorted(names) if all(s in best_cells for s in table if s.rpartition("_")[0] == name)
    ]
    middle = [name for name in sorted(names) if _middle(name, table) in best_cells]
    return {
        "best_or_tied_cells": len(best_cells),
        "cells": len(table),
        "smallest_median_cells": len(strictly),
        "seen_by_nobody": unseen,
        "best_or_tied_shifts": len(middle),
        "best_or_tied_in_every_strength": whole,
        "shift_kinds": len(names),
        "losses": losses,
        "worst_ratio_to_best": round(worst, 2),
    }


def _middle(name: str, table: dict[str, Any]) -> str:
    strengths = [shift for shift in table if shift.rpartition("_")[0] == name]
    return sorted(strengths, key=lambda shift: float(shift.rpartition("_")[2]))[len(strengths) // 2]


def _number(value: float | None) -> float:
    return N_AFTER + 1.0 if value is None else value


def headline(found: dict[str, Any]) -> dict[str, float | None]:
    """Return the delays at the promised run length that the project is judged by."""
    table = found["shifts"]
    return {
        name: table[shift]["perenne_promised"]["median"]
        for name, shift in HEADLINES.items()
        if shift in table
    }
