"""Whether one full turn of the loop survives kill -9 of its processes, ten times, at random moments.

Claim: hub, worker and trainer (with the training process) may die at any moment of the demonstration; it
goes on by itself, ends right, and nothing is doubled. The demonstration checks its own claims at the end
(`--once`): every image arrived once, as many runs, models, evaluations and inspections as were asked for.

`--quick` kills three times in half a minute and then looks at the hub: it answers, and no image is doubled.
The moments are seeded; the kills are printed, so that a failure can be looked at.
"""

import argparse
import json
import os
import random
import resource
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil

ROLES = ("hub", "worker", "trainer")
LOOK_EVERY_S = 0.2
FIRST_KILL_S = 6.0
QUICK_KILLS, QUICK_WITHIN_S = 3, 28.0


@dataclass(frozen=True)
class Kill:
    """One kill: when, whom, and which processes died with it."""

    at_s: float
    role: str
    pids: list[int]


def role_of(process: psutil.Process) -> str | None:
    """Return which of Perenne's roles a process plays, None for the others."""
    try:
        words = process.cmdline()
    except psutil.Error:
        return None
    after = [words[i + 1] for i, word in enumerate(words[:-1]) if word == "perenne.cli.lifeline"]
    return after[0] if after and after[0] in ROLES else None


def kill_role(demo: psutil.Process, role: str) -> list[int]:
    """Kill -9 every process of `role` below the demonstration, and return their pids."""
    victims = [process for process in demo.children(recursive=True) if role_of(process) == role]
    for victim in victims:
        victim.send_signal(signal.SIGKILL)
    return [victim.pid for victim in victims]


def kill_at_random(
    demo: "subprocess.Popen[bytes]", *, moments: list[tuple[float, str]], limit_s: float
) -> tuple[list[Kill], bool]:
    """Kill at each moment until the demonstration ends; return the kills and whether it ended in time."""
    started = time.monotonic()
    parent = psutil.Process(demo.pid)
    kills: list[Kill] = []
    waiting = list(moments)
    while demo.poll() is None:
        now = time.monotonic() - started
        if now > limit_s:
            return kills, False
        if waiting and now >= waiting[0][0]:
            role = waiting[0][1]
            pids = kill_role(parent, role)
            if pids:  # a role that is just being restarted is waited for
                waiting.pop(0)
                kills.append(Kill(round(now, 1), role, pids))
                print(f"{now:6.1f} s  kill -9 {role} {pids}", flush=True)
        time.sleep(LOOK_EVERY_S)
    return kills, True


def choose_moments(*, count: int, within_s: float, seed: int) -> list[tuple[float, str]]:
    """Return `count` moments in the order of time, each role about equally often."""
    rng = random.Random(seed)
    times = sorted(rng.uniform(FIRST_KILL_S, within_s) for _ in range(count))
    roles = [ROLES[i % len(ROLES)] for i in range(count)]
    rng.shuffle(roles)
    return list(zip(times, roles, strict=True))


def look_at_hub(data: Path, *, patience_s: float = 15.0) -> dict[str, object]:
    """Return whether the hub answers and whether each of its images is there once."""
    from perenne.client import Client, Transport

    kept = json.loads((data / "credentials.json").read_text())
    transport = Transport(
        kept["url"], token=kept["token"], patience_s=patience_s, first_patience_s=patience_s
    )
    images = [image.sha256 for image in Client(transport=transport).images.list(limit=1000)]
    return {"images": len(images), "images_doubled": len(images) - len(set(images)), "hub_answers": True}


def start_demo(data: Path, log: Path, *, budget_cpu_s: float) -> "subprocess.Popen[bytes]":
    """Return the running demonstration; what it says goes to `log`."""
    command = [sys.executable, "-m", "perenne.cli", "demo", "--once", "--data", str(data)]
    with log.open("wb") as stream:
        return subprocess.Popen(
            [*command, "--budget-cpu-s", str(budget_cpu_s)],
            stdout=stream,
            stderr=subprocess.STDOUT,
            env={**os.environ, "NO_COLOR": "1", "COLUMNS": "110"},
        )


def measure(asked: argparse.Namespace, folder: Path) -> dict[str, object]:
    """Return the figures of one demonstration under kills."""
    count = QUICK_KILLS if asked.quick else asked.kills
    within = QUICK_WITHIN_S if asked.quick else asked.within_s
    moments = choose_moments(count=count, within_s=within, seed=asked.seed)
    started = time.monotonic()
    demo = start_demo(folder / "data", folder / "demo.log", budget_cpu_s=asked.budget_cpu_s)
    try:
        limit_s = QUICK_WITHIN_S if asked.quick else asked.limit_s
        kills, ended = kill_at_random(demo, moments=moments, limit_s=limit_s)
        seen = look_at_hub(folder / "data") if asked.quick else {}
    finally:
        demo.terminate()
        demo.wait()
    wall = time.monotonic() - started
    print((folder / "demo.log").read_text(errors="replace")[-4000:])
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    claims: dict[str, object] = {} if asked.quick else {"claims_hold": demo.returncode == 0}
    fine = seen["images_doubled"] == 0 if asked.quick else demo.returncode == 0
    return {
        "benchmark": "survival",
        "survived": bool(fine and len(kills) == count),
        "kills": len(kills),
        "kills_by_role": {role: sum(1 for kill in kills if kill.role == role) for role in ROLES},
        "ended_by_itself": ended,
        **claims,
        **seen,
        "moments": [asdict(kill) for kill in kills],
        "seed": asked.seed,
        "quick": asked.quick,
        "wall_s": round(wall, 1),
        "cpu_s": round(usage.ru_utime + usage.ru_stime, 1),
    }


def main() -> int:
    """Parse the arguments, run, print the JSON line; 0 when everything survived."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--within-s", type=float, default=240.0, help="the kills fall into this time")
    parser.add_argument("--budget-cpu-s", type=float, default=80.0)
    parser.add_argument("--limit-s", type=float, default=1800.0)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="perenne-survival-") as folder:
        figures = measure(asked, Path(folder))
    print(json.dumps(figures))
    return 0 if figures["survived"] else 1


if __name__ == "__main__":
    sys.exit(main())
