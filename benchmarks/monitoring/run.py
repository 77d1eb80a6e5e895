"""perenne-bench: is watching what it promises to be, and how does it stand beside its peers?

Parts: 1 false alarms (promised and seen), 2 delays at equal false alarms, 3 fleets, 4 causes, 5
certificates, 6 performance without labels, 9 speed. Data: ELPV (package `elpv-dataset`); DeepPCB as a second
material of parts 1 and 2, and magnetic tiles where a part wants them (skipped with a reason if absent). Peers
are installed by pip into environments of their own and run as child processes; one that cannot be is told
under `peers_missing`; --quick has none.
What is slow to make (features, streams, scores of peers) is kept in --work, so that a run that is stopped
goes on; parts can be run one by one, the figures of the others are taken from there. The last line is one
JSON object; --docs writes the page and its pictures from it.

    python3 dev.py bench monitoring [--quick] [--parts 1,2,3] [--seeds 10] [--docs]
"""

import argparse
import importlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")

import false_alarms
import fleet
import power
import prevalence
import speed
from boards import SHIFTS as BOARD_SHIFTS
from boards import BoardDraw, draw_boards
from material import quiet_threads, read_cells
from peers_apart import PEERS, Peers
from report import write_page
from streams import Draw, all_shifts

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT.parent / "shared" / "data"
WORK = ROOT / ".bench" / "monitoring"
PARTS = (1, 2, 3, 4, 5, 6, 9)
MODULES = {4: "causes", 5: "certificates", 6: "label_free"}
BESIDE = (4, 3)
"""Parts that a quick run has a second process do, in this order, as long as all others together."""
NAMES = {1: "false_alarms", 2: "power", 3: "fleet", 9: "speed", **MODULES}
HEADLINES = (
    "false_alarms_iid",
    "false_alarms_lots",
    "false_alarms_fleet_year",
    "delay_jpeg80",
    "delay_blur1",
    "delay_noise4",
    "delay_celltype",
    "cause_top1",
    "cause_top2",
    "unknown_rejected",
    "false_certification",
    "shown_number_error",
    "cpu_ms_per_image",
)


class Bench:
    """One run: its size, its peers, and the streams, which are drawn when a part first wants them."""

    def __init__(self, arguments: argparse.Namespace) -> None:
        self.quick: bool = arguments.quick
        self.seeds: int = arguments.seeds
        self.peer_seeds: int = arguments.peer_seeds
        self.headline_seeds: int = arguments.headline_seeds
        self.further: bool = not (self.quick or arguments.without_further)
        self.scale: float = arguments.scale
        self.cache: Path = arguments.cache or arguments.work / "features"
        self.work: Path = arguments.work / ("quick" if self.quick else "full")
        wanted = [] if self.quick or arguments.without_peers else list(PEERS)
        self.peers = Peers(arguments.work.parent / "environments", wanted)
        self._draw: Draw | None = None
        self._boards: tuple[BoardDraw | None, dict[str, Any]] | None = None

    @property
    def draw(self) -> Draw:
        """The streams of ELPV."""
        if self._draw is None:
            self._draw = Draw(read_cells(), self.cache, side=64 if self.quick else 160)
        return self._draw

    @property
    def boards(self) -> tuple[BoardDraw | None, dict[str, Any]]:
        """The streams of DeepPCB, or why there are none."""
        if self._boards is None:
            self._boards = draw_boards(DATA, self.cache)
        return self._boards

    def count_false_alarms(self) -> dict[str, Any]:
        """Part 1."""
        scale = self.scale
        images = {500.0: 6000} if self.quick else {500.0: 60_000, 1e4: 240_000, 1e6: 400_000}
        images = {target: round(scale * count) for target, count in images.items()}
        iid = false_alarms.measure_iid(self.draw, images=images, streams=3 if self.quick else 12)
        orders = 1 if self.quick else max(2, round(20 * scale))
        lots = false_alarms.measure_lots(self.draw, peers=self.peers, work=self.work, orders=orders)
        if not self.quick:
            many = {500.0: round(15_000 * scale), 1e4: round(30_000 * scale)}
            cells = false_alarms.lots_of(self.draw.whole[1], self.draw.cells.kind.tolist())
            lots["by_lot_drawn"] = false_alarms.measure_many_lots(cells, lots=many)
        sites, days, each = (3, 20, 20) if self.quick else (20, 365, max(20, round(60 * scale)))
        year = false_alarms.measure_fleet_year(self.draw, sites=sites, days=days, images_a_day=each)
        apart = {}
        if not self.quick:
            nulls = self.work / "power" / "null"
            power.write_streams(self.draw, nulls, seeds=30, shifts=[])
            streams = max(6, round(10 * scale))
            apart = false_alarms.measure_peers(nulls, peers=self.peers, work=self.work, streams=streams)
        return {
            **false_alarms.headline(iid, lots, year),
            "iid": iid,
            "lots": lots,
            "fleet_year": year,
            "peers": apart,
            "boards": self._false_alarms_of_boards(),
        }

    def _false_alarms_of_boards(self) -> dict[str, Any]:
        """Part 1 on the second material, at half the size."""
        if self.quick:
            return {"skipped": "not in a quick run"}
        draw, skipped = self.boards
        if draw is None:
            return skipped
        half = {500.0: round(30_000 * self.scale), 1e4: round(120_000 * self.scale)}
        lots = {500.0: round(8000 * self.scale), 1e4: round(15_000 * self.scale)}
        worlds = false_alarms.lots_of(draw.whole[1], ["boards"] * len(draw.groups))
        return {
            "iid": false_alarms.measure_iid(draw, images=half, streams=6),
            "by_lot_drawn": false_alarms.measure_many_lots(worlds, lots=lots),
        }

    def measure_delays(self) -> dict[str, Any]:
        """Part 2."""
        size = (
            power.Size(6, 3, 0, power.QUICK_SHIFTS)
            if self.quick
            else power.Size(30, self.seeds, self.peer_seeds, all_shifts(), self.headline_seeds)
        )
        found = power.measure_power(self.draw, peers=self.peers, work=self.work / "power", size=size)
        if self.further:
            found["boards"] = self._delays_of_boards()
            found["prevalence"] = prevalence.measure_prevalence(self.draw, streams=min(5, self.seeds))
        return {**power.headline(found), **found}

    def _delays_of_boards(self) -> dict[str, Any]:
        """Part 2 on the second material."""
        draw, skipped = self.boards
        if draw is None:
            return skipped
        size = power.Size(20, self.seeds, min(3, self.peer_seeds), BOARD_SHIFTS)
        return power.measure_power(draw, peers=self.peers, work=self.work / "power_boards", size=size)

    def run(self, part: int) -> dict[str, Any]:
        """Return the figures of one part, or why it was skipped."""
        own: dict[int, Callable[[], dict[str, Any]]] = {
            1: self.count_false_alarms,
            2: self.measure_delays,
            3: lambda: fleet.measure_fleet(self.draw, sizes=[20] if self.quick else [20, 200, 2000]),
            9: lambda: speed.measure_speed(quick=self.quick),
        }
        if part in own:
            return own[part]()
        try:
            module = importlib.import_module(MODULES[part])
        except ModuleNotFoundError as missing:
            return {"skipped": f"{missing}"}
        return dict(module.measure(quick=self.quick))


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="two shifts, three seeds, no peers")
    parser.add_argument("--parts", default=",".join(str(part) for part in PARTS))
    parser.add_argument("--seeds", type=int, default=10, help="streams of each shift and strength")
    parser.add_argument("--peer-seeds", type=int, default=5, help="so many of them go to the peers as well")
    parser.add_argument("--headline-seeds", type=int, default=30, help="streams of the four changes promised")
    parser.add_argument("--scale", type=float, default=1.0, help="of the number of images in part 1")
    parser.add_argument("--without-peers", action="store_true")
    parser.add_argument(
        "--without-further", action="store_true", help="part 2 on cells, for peers' shifts alone"
    )
    parser.add_argument("--work", type=Path, default=WORK, help="what is slow to make is kept here")
    parser.add_argument("--cache", type=Path, help="features of the images; default: in --work")
    parser.add_argument("--docs", action="store_true", help="write docs/reference/watching-measured.md")
    arguments = parser.parse_args()
    quiet_threads()
    began, began_cpu = time.perf_counter(), os.times()
    bench = Bench(arguments)
    bench.work.mkdir(parents=True, exist_ok=True)
    kept = {name: bench.work / f"{name}.json" for name in NAMES.values()}
    figures: dict[str, Any] = {}
    if not bench.quick:
        figures = {name: json.loads(path.read_text()) for name, path in kept.items() if path.exists()}
    parts = [int(text) for text in arguments.parts.split(",")]
    beside = [part for part in BESIDE if part in parts] if bench.quick and set(parts) - set(BESIDE) else []
    child = start_beside(beside, work=arguments.work) if beside else None
    for part in (one for one in parts if one not in beside):
        print(f"part {part}: {NAMES[part]}", file=sys.stderr)
        figures[NAMES[part]] = bench.run(part)
        kept[NAMES[part]].write_text(json.dumps(figures[NAMES[part]], indent=1))
    if child and child.wait():
        sys.exit(f"Parts {beside} failed in their own process; run them alone to see why.")
    figures |= {NAMES[part]: json.loads(kept[NAMES[part]].read_text()) for part in beside}
    told = collect_headlines(figures)
    spent = os.times()
    cpu_s = sum(spent[:4]) - sum(began_cpu[:4])
    told |= {
        **figures,
        "peers_missing": bench.peers.missing,
        "quick": bench.quick,
        "cpu_s": round(cpu_s, 1),
        "wall_s": round(time.perf_counter() - began, 1),
        "load_average": round(os.getloadavg()[0], 1),
    }
    if arguments.docs:
        write_page(figures, headlines=collect_headlines(figures), docs=ROOT / "docs")
    print(json.dumps(told))


def start_beside(parts: list[int], *, work: Path) -> subprocess.Popen[bytes]:
    """Start a quick run of these parts in a process of its own; it leaves its figures in --work."""
    listed = ",".join(str(part) for part in parts)
    command = [sys.executable, __file__, "--quick", "--parts", listed, "--work", str(work)]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL)


def collect_headlines(figures: dict[str, Any]) -> dict[str, Any]:
    """Return the figures that the project is judged by, from whichever part holds them."""
    told: dict[str, Any] = {}
    for found in figures.values():
        told |= {name: found[name] for name in HEADLINES if name in found}
    if "false_alarms" in figures:
        seen = figures["false_alarms"]
        told |= false_alarms.headline(seen["iid"], seen["lots"], seen["fleet_year"])
    if "speed" in figures:
        told["cpu_ms_per_image"] = figures["speed"]["growing_ms_at_10000"]
    return told


if __name__ == "__main__":
    main()
