"""Part 1: how often healthy streams alarm, against what was promised.

Three healthy worlds. "iid": images drawn independently from the cells' own values, hundreds of thousands
of them. "lots": the cells as lots of eight consecutive ones, in random order of lots, watched by lots and, as
all peers do, by images; and in the order of the file; and tens of thousands of lots, each one whole of the
file, drawn independently. "fleet_year": 20 sites for 365 days. A promise of A
units allows n / A alarms in n units; a binomial test says when more came than chance explains. For detectors
that are stopped by their first alarm or by the end of a stream, the run length is units over alarms.
"""

import json
import math
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from boards import BoardDraw
from detectors import ks_p_values
from numpy.typing import NDArray
from peers_apart import Peers, read_scores, write_numbers
from scipy.stats import binom
from streams import Draw, Images, Numbers, Stream, take, to_numbers

from perenne.monitoring.channels import channel_weights
from perenne.monitoring.monitor import Monitor
from perenne.monitoring.record import ImageRecord
from perenne.monitoring.reference import Reference
from perenne.stats.sequential import AnchoredDetector, EDetector, alarmed_sites

Floats = NDArray[np.float64]
TARGETS = (500.0, 1e4, 1e6)
LOT = 8
SITES, DAYS, YEARS = 20, 365, 5
FLEET_ALPHA = 0.1 / 1e6
N_RANKED = 500
BOOTSTRAPS = 1500  # a fifth of what alibi-detect advises for 500; the rest would cost minutes a stream


def judge(alarms: int, *, units: int, promise: float) -> dict[str, Any]:
    """Return what was promised and seen, and the chance of so many alarms or more under the promise."""
    return {
        "promise": promise,
        "units": units,
        "alarms": alarms,
        "allowed": round(units / promise, 2),
        "run_length": round(units / alarms) if alarms else None,
        "p_value": float(round(binom.sf(alarms - 1, units, 1 / promise), 4)),
    }


def measure_iid(
    draw: Draw | BoardDraw, *, images: dict[float, int], streams: int
) -> dict[str, dict[str, Any]]:
    """Return, for both detectors and each target, the alarms among so many independent images."""
    numbers = to_numbers(draw.null(500))
    table = np.concatenate([numbers.reference["values"], numbers.following["values"]])
    weights = channel_weights(numbers.names)
    found: dict[str, Any] = {}
    for target, total in images.items():
        counts = {"growing": 0, "anchored": 0}
        each = total // streams
        for stream in range(streams):
            rng = np.random.default_rng([stream, 9])
            reference = table[rng.integers(0, len(table), N_RANKED)]
            rows = rng.integers(0, len(table), each)
            watches = {
                "growing": EDetector(reference, channels=numbers.names, run_length=target, weights=weights),
                "anchored": AnchoredDetector(
                    reference, channels=numbers.names, run_length=target, weights=weights
                ),
            }
            for name, watch in watches.items():
                if name == "anchored" and total > 100_000 and stream >= streams // 4:
                    continue
                for t, row in enumerate(rows):
                    if watch.update(f"{stream}-{t}", table[row]).alarm:
                        counts[name] += 1
                        watch.restart()
        n_anchored = each * (streams if total <= 100_000 else max(1, streams // 4))
        found[f"{target:g}"] = {
            "growing": judge(counts["growing"], units=each * streams, promise=target),
            "anchored": judge(counts["anchored"], units=n_anchored, promise=target),
        }
        print(f"iid {target:g}: {counts}", file=sys.stderr)
    return found


def measure_many_lots(
    worlds: dict[str, list[list[ImageRecord]]], *, lots: dict[float, int]
) -> dict[str, dict[str, Any]]:
    """Return, for each target, the growing detector's alarms among so many lots.

    `worlds`: the lots of each context. Half of them fit its frame, as in the product; the records of the
    others are drawn independently, with what their images have to do with each other.
    """
    found: dict[str, dict[str, Any]] = {}
    for target, total in lots.items():
        alarms, watched = 0, 0
        for number, (kind, blocks) in enumerate(worlds.items()):
            told = [replace(one, lot=f"{kind}-{lot}") for lot, block in enumerate(blocks) for one in block]
            reference = Reference.fit(told, unit="lot")
            table, weights = reference.units_NU, channel_weights(reference.entries)
            rng = np.random.default_rng([number, 8])
            watch = EDetector(
                table[rng.integers(0, len(table), N_RANKED)],
                channels=reference.entries,
                run_length=target,
                weights=weights,
            )
            for t, row in enumerate(rng.integers(0, len(table), total // len(worlds))):
                watched += 1
                if watch.update(f"{kind}-{t}", table[row]).alarm:
                    alarms += 1
                    watch.restart()
        found[f"{target:g}"] = judge(alarms, units=watched, promise=target)
        print(f"lots {target:g}: {alarms} of {watched}", file=sys.stderr)
    return found


def lots_of(records: Sequence[ImageRecord], kinds: Sequence[str]) -> dict[str, list[list[ImageRecord]]]:
    """Return, for each kind, its records in the order of the file as lots of eight."""
    worlds: dict[str, list[list[ImageRecord]]] = {}
    for kind in sorted(set(kinds)):
        rows = [row for row, one in enumerate(kinds) if one == kind]
        starts = range(0, len(rows) - LOT + 1, LOT)
        worlds[kind] = [[records[row] for row in rows[at : at + LOT]] for at in starts]
    return worlds


def measure_peers(folder: Path, *, peers: Peers, work: Path, streams: int) -> dict[str, Any]:
    """Return realised run lengths of peers at what they promise, and Evidently's flags without a drift."""
    found: dict[str, Any] = {}
    few = work / "promise"
    few.mkdir(parents=True, exist_ok=True)
    for path in sorted(folder.glob("*.npz"))[:streams]:
        if not (few / path.name).exists():
            (few / path.name).symlink_to(path.resolve())
    options = {"expected_run_time": 500, "bootstraps": BOOTSTRAPS}
    if peers.run("alibi", few, work / "promise_alibi", options):
        for name in ("alibi_pca", "alibi_channels"):
            series = [scores[name] for scores in read_scores(work / "promise_alibi").values()]
            found[f"{name} (ERT 500)"] = _first_alarms(series, threshold=1.0, promise=500)
    if peers.run("online_cp", few, work / "promise_online_cp"):
        series = [scores["online_cp"] for scores in read_scores(work / "promise_online_cp").values()]
        for target in TARGETS:
            found[f"online_cp ({target:g})"] = _first_alarms(
                series, threshold=math.log(target), promise=target
            )
    if peers.run("river", few, work / "promise_river"):
        for name, threshold in (("adwin", -math.log10(2e-3)), ("page_hinkley", 50.0)):
            series = [scores[name] for scores in read_scores(work / "promise_river").values()]
            found[f"{name} (its defaults)"] = _first_alarms(series, threshold=threshold - 1e-9, promise=None)
    if peers.run("evidently", few, work / "promise_evidently", {"windows": 2}):
        told = json.loads((work / "promise_evidently" / "flags.json").read_text())
        for name, count in told["counts"].items():
            found[f"evidently {name}"] = {
                "flagged_share": round(count["flagged"] / count["windows"], 3),
                "windows": count["windows"],
                "cpu_ms_per_window": round(1000 * count["cpu_s"] / count["windows"], 1),
            }
    return found


def _first_alarms(series: Sequence[Floats], *, threshold: float, promise: float | None) -> dict[str, Any]:
    hits = [np.flatnonzero(one >= threshold) for one in series]
    watched = sum(int(hit[0]) + 1 if hit.size else len(one) for hit, one in zip(hits, series, strict=True))
    alarms = sum(hit.size > 0 for hit in hits)
    if promise is None:
        run_length = round(watched / alarms) if alarms else None
        return {"promise": None, "units": watched, "alarms": alarms, "run_length": run_length}
    return judge(alarms, units=watched, promise=promise)


def measure_lots(draw: Draw, *, peers: Peers, work: Path, orders: int) -> dict[str, Any]:
    """Return alarms of healthy lots in random order, by lots and by images, and in the order of the file."""
    records = draw.whole[1]
    folder = work / "lots"
    found: dict[str, Any] = {}
    by_lot = dict.fromkeys(TARGETS, 0)
    lots_watched, by_image, images_watched = 0, 0, 0
    for kind in ("mono", "poly"):
        rows = np.flatnonzero(draw.cells.kind == kind)
        blocks = [rows[at : at + LOT] for at in range(0, len(rows) - LOT + 1, LOT)]
        for order in range(orders):
            shuffled = [blocks[i] for i in np.random.default_rng([order, 5]).permutation(len(blocks))]
            told = [
                replace(records[row], lot=f"{kind}-{lot}")
                for lot, block in enumerate(shuffled)
                for row in block
            ]
            cut = LOT * int(0.6 * len(shuffled))
            for target in TARGETS:
                alarms, units = _watch(told[:cut], told[cut:], unit="lot", run_length=target)
                by_lot[target] += alarms
            lots_watched += units
            alarms, units = _watch(told[:cut], told[cut:], unit="image", run_length=1e6)
            by_image += alarms
            images_watched += units
            places = np.concatenate(shuffled)
            images = take(draw.whole, places)
            stream = split_stream(images, cut=cut, name=kind, seed=order)
            path = folder / f"{kind}__{order}.npz"
            if not path.exists():
                write_numbers(path, stream)
        found[f"file_order_{kind}"] = _in_file_order([records[row] for row in rows])
    found["by_lot"] = {
        f"{target:g}": judge(alarms, units=lots_watched, promise=target) for target, alarms in by_lot.items()
    }
    found["by_image_ignoring_lots"] = judge(by_image, units=images_watched, promise=1e6)
    found["streams"] = 2 * orders
    if peers.run("online_cp", folder, work / "lots_online_cp", {"stop_at": {"online_cp": math.log(1e6)}}):
        series = [scores["online_cp"] for scores in read_scores(work / "lots_online_cp").values()]
        found["online_cp by image"] = _first_alarms(series, threshold=math.log(1e6), promise=1e6)
    if peers.run("alibi", folder, work / "lots_alibi", {"expected_run_time": 500, "bootstraps": BOOTSTRAPS}):
        for name in ("alibi_pca", "alibi_channels"):
            series = [scores[name] for scores in read_scores(work / "lots_alibi").values()]
            found[f"{name} by image"] = _first_alarms(series, threshold=1.0, promise=500)
    return found


def split_stream(images: Images, *, cut: int, name: str, seed: int) -> Numbers:
    """Return the numbers of a healthy stream whose first `cut` images are the reference."""
    first, rest = slice(0, cut), slice(cut, None)
    parts = [Images(images.pools, images.pool_of[part], images.row_of[part]) for part in (first, rest)]
    return to_numbers(Stream(name, seed, parts[0], parts[1], len(parts[1])))


def _watch(
    before: list[ImageRecord], after: list[ImageRecord], *, unit: Any, run_length: float
) -> tuple[int, int]:
    """Return the growing detector's alarms, restarted after each, and the units watched."""
    reference = Reference.fit(before, unit=unit)
    monitor = Monitor(reference, run_length=run_length, amber_run_length=run_length)
    alarms, units = 0, 0
    steps = (monitor.update(record) for record in after)
    for step in steps:
        if step is None or step.unit_id is None:
            continue
        units += 1
        if step.growing.alarm:
            alarms += 1
            monitor.restart()
    return alarms, units


def _in_file_order(records: list[ImageRecord]) -> dict[str, Any]:
    """Return what becomes of the first 60 % as a reference and the others as a stream, unit by choice."""
    cut = int(0.6 * len(records))
    reference = Reference.fit(records[:cut])
    told: dict[str, Any] = {
        "unit": reference.unit.kind,
        "length": reference.unit.length,
        "enough": reference.enough,
        "reason": reference.reason,
    }
    if reference.enough:
        alarms, units = _watch(records[:cut], records[cut:], unit="auto", run_length=1e6)
        told |= judge(alarms, units=units, promise=1e6)
    return told


def measure_fleet_year(draw: Draw, *, sites: int, days: int, images_a_day: int) -> dict[str, Any]:
    """Return a healthy year of a fleet: alarms by each site's promise, by the fleet's rule, and of KS."""
    numbers = to_numbers(draw.null(501))
    table = np.concatenate([numbers.reference["values"], numbers.following["values"]])
    weights = channel_weights(numbers.names)
    units = days * images_a_day
    promise = float(YEARS * 365 * images_a_day)
    evidence = np.empty((sites, days))
    own, ks = 0, np.zeros(2, dtype=np.int64)
    for site in range(sites):
        rng = np.random.default_rng([site, 6])
        reference = table[rng.integers(0, len(table), N_RANKED)]
        rows = table[rng.integers(0, len(table), units)]
        watch = EDetector(reference, channels=numbers.names, run_length=promise, weights=weights)
        for t, row in enumerate(rows):
            reading = watch.update(f"{site}-{t}", row)
            if reading.alarm:
                own += 1
                watch.restart()
            if (t + 1) % images_a_day == 0:
                evidence[site, t // images_a_day] = reading.log_evidence
        ks += _ks_alerts(reference, rows.reshape(days, images_a_day, -1))
        print(f"site {site}: {own} alarms, KS {ks.tolist()}", file=sys.stderr)
    fleet = [
        alarmed_sites({str(site): float(value) for site, value in enumerate(day)}, alpha=FLEET_ALPHA).sites
        for day in evidence.T
    ]
    return {
        "sites": sites,
        "days": days,
        "images_a_day": images_a_day,
        "by_site": judge(own, units=sites * units, promise=promise),
        "by_fleet_rule": len({site for today in fleet for site in today}),
        "ks_per_channel_alerts": int(ks[0]),
        "ks_bonferroni_alerts": int(ks[1]),
    }


def _ks_alerts(reference: Floats, days_DNC: Floats) -> NDArray[np.int64]:
    """Return alerts of daily windows at 0.05: by channel, and by day with Bonferroni's correction."""
    ordered = np.sort(reference, axis=0)
    p = np.array([ks_p_values(ordered, day) for day in days_DNC])
    return np.array([(p < 0.05).sum(), (p.min(1) * p.shape[1] < 0.05).sum()])


def headline(iid: dict[str, Any], lots: dict[str, Any], year: dict[str, Any]) -> dict[str, Any]:
    """Return realised false alarms over promised ones, at most 1 when the promise is kept; None if unclear.

    Where fewer than three are allowed, their ratio says nothing and the p-value stands for itself.
    """

    def ratio(rows: list[dict[str, Any]]) -> float | None:
        telling = [row["alarms"] / row["allowed"] for row in rows if row["allowed"] >= 3]
        if telling:
            return round(max(telling), 3)
        return None if any(row["alarms"] for row in rows) else 0.0

    return {
        "false_alarms_iid": ratio([row["growing"] for row in iid.values()]),
        "false_alarms_lots": ratio([*lots["by_lot"].values(), *lots.get("by_lot_drawn", {}).values()]),
        "false_alarms_fleet_year": ratio([year["by_site"]]),
    }
