"""What the inspection path costs beside the model itself, and how many inspections a hub answers.

Claim: decoding, placing, decoding of outputs and durable recording add at most a quarter to bare ONNX Runtime
inference, at 320 and at 640 pixels. The detector has the lite-detection architecture with ImageNet weights;
its head is random, biased so that fifty boxes an image reach suppression. Every image has other bytes, so
that each one is stored anew. `--quick` ends within 40 s.

In process, bare inference and whole path take turns image by image, on one thread each, so that what else the
machine does falls on both alike. Through HTTP, the hub is a process of its own and so are the clients. The
worker watches what is inspected on the same cores, and learns the station's gate when it has 200 images,
about 3 s of CPU once: its CPU time is told beside each figure.
"""

import argparse
import http.client
import json
import os
import resource
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import psutil
from numpy.typing import NDArray

CLASSES = ["open", "short", "mousebite", "spur", "copper", "pin-hole"]
BOXES_AN_IMAGE = 50
SIZES = (320, 640)
LOAD_BEFORE = round(os.getloadavg()[0], 1)
STEPS = ("prepare", "decode", "wait", "preprocess", "inference", "postprocess", "record")


def make_picture(side: int, *, seed: int) -> bytes:
    """Return a JPEG (quality 90) with the texture of a printed board; each seed gives other bytes."""
    import cv2

    rng = np.random.default_rng(seed)
    coarse = rng.integers(40, 215, (side // 16, side // 16, 3), dtype=np.uint8)
    image = cv2.resize(coarse, (side, side), interpolation=cv2.INTER_NEAREST)
    image = cv2.add(cv2.GaussianBlur(image, (0, 0), 1.5), rng.integers(0, 12, image.shape, dtype=np.uint8))
    return bytes(cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, 90])[1])


def make_detector(folder: Path, side: int) -> Path:
    """Write the artefact of a detector for `side` x `side` pixels and return its path."""
    import cv2
    import torch

    from perenne.recipes.lite.backbone import EMBEDDING_SIZE, load_pretrained
    from perenne.recipes.lite.export import export_onnx
    from perenne.recipes.lite_detection.network import DetectionNetwork, ExportedNetwork
    from perenne.runtime import write_artefact

    torch.manual_seed(7)
    network = DetectionNetwork(len(CLASSES)).eval()
    load_pretrained(network.backbone)
    decoded = cv2.imdecode(np.frombuffer(make_picture(side, seed=0), np.uint8), cv2.IMREAD_COLOR)
    example = torch.from_numpy(cv2.cvtColor(decoded, cv2.COLOR_BGR2RGB))[None]
    with torch.inference_mode():
        best = network(example)[0].amax(2).flatten().sort(descending=True).values[BOXES_AN_IMAGE]
    shift = float(np.log(0.02 / 0.98)) - float(best)
    for head in network.heads:
        head.classify.bias.data += shift
    names = ("boxes", "scores", "embedding")
    onnx_path = export_onnx(
        ExportedNetwork(network), example, folder / f"{side}.onnx", input_name="image", output_names=names
    )
    manifest = {
        "problem": "detection",
        "classes": CLASSES,
        "input": {"name": "image", "width": side, "height": side, "mode": "letterbox", "channels": 3},
        "embedding": {"name": "embedding", "size": EMBEDDING_SIZE},
        "thresholds": {"score": 0.5},
        "recipe": "lite-detection",
        "config": {},
        "seed": 7,
        "metrics": {},
    }
    return write_artefact(
        folder / f"{side}.prn", onnx_path=onnx_path, manifest=manifest, card="# Benchmark\n"
    )


def furnish_hub(data: Path, artefacts: dict[int, Path]) -> Any:
    """Return the services of a new hub in `data`: site `plant`, one station and one deployment a size."""
    from perenne.hub.accounts import system_actor
    from perenne.hub.app import open_hub
    from perenne.hub.app.serve import prepare_hub
    from perenne.hub.deployments import deploy_version
    from perenne.hub.models import Inspected, Origin, register_model_version, sign_upload
    from perenne.hub.settings import read_settings
    from perenne.hub.sites import create_site, create_station
    from perenne.kit.hashing import sha256_file
    from perenne.runtime import read_artefact

    hub = open_hub(read_settings(data=data))
    prepare_hub(hub)
    actor = system_actor(_organisation(hub), name="benchmark")
    with hub.database.transaction() as session:
        site = create_site(session, actor, slug="plant", name="Plant")
        for side, path in artefacts.items():
            station = create_station(session, actor, site=site, slug=f"s{side}", name=f"{side} px")
            artefact = read_artefact(path)
            model = register_model_version(
                session,
                hub,
                actor,
                signed=sign_upload(hub, actor, path),
                upload_sha256=sha256_file(path),
                inspected=Inspected(artefact.manifest, artefact.card),
                origin=Origin(name=f"detector-{side}"),
            )
            deploy_version(
                session,
                actor,
                site=site,
                station=station,
                model=model,
                thresholds={},
                reason="benchmark",
                now=hub.clock.now(),
            )
    return hub


def _organisation(hub: Any) -> str:
    from sqlalchemy import text

    with hub.database.reading() as session:
        return str(session.execute(text("select id from organisations")).scalar_one())


def measure_path(hub: Any, side: int, artefact: Path, *, rounds: int) -> dict[str, Any]:
    """Return medians of bare inference, of the whole path and of its steps, in milliseconds."""
    from perenne.hub.accounts import system_actor
    from perenne.hub.deployments import inspect_image
    from perenne.quality.decoding import decode_upright
    from perenne.runtime import read_artefact
    from perenne.runtime.session import open_session
    from perenne.wire.images import CaptureContext

    actor = system_actor(_organisation(hub), name="benchmark")
    session = open_session(read_artefact(artefact).graph, threads=1)
    bare, whole, cpu_bare, cpu_whole = [], [], [], []
    steps: dict[str, list[float]] = {name: [] for name in STEPS}
    for index in range(-3, rounds):
        data = make_picture(side, seed=1000 + index)
        pixels: NDArray[Any] = decode_upright(data)[None]
        clock, cpu = time.perf_counter(), time.process_time()
        session.run(None, {"image": pixels})
        bare_s, bare_cpu_s = time.perf_counter() - clock, time.process_time() - cpu
        context = CaptureContext(site="plant", station=f"s{side}", part_id=f"part-{side}-{index}")
        clock, cpu = time.perf_counter(), time.process_time()
        seen = inspect_image(hub, actor, data=data, reference=None, context=context)
        whole_s, whole_cpu_s = time.perf_counter() - clock, time.process_time() - cpu
        if index < 0:
            continue  # the first ones load the model and warm the caches
        bare.append(bare_s * 1000)
        whole.append(whole_s * 1000)
        cpu_bare.append(bare_cpu_s * 1000)
        cpu_whole.append(whole_cpu_s * 1000)
        for name in STEPS:
            steps[name].append(seen.latency_ms.get(name, 0.0))
    return {
        "ratio": round(statistics.median(whole) / statistics.median(bare), 3),
        "bare_ms": round(statistics.median(bare), 2),
        "whole_ms": round(statistics.median(whole), 2),
        "bare_cpu_ms": round(statistics.median(cpu_bare), 2),
        "whole_cpu_ms": round(statistics.median(cpu_whole), 2),
        "steps_ms": {name: round(statistics.median(values), 2) for name, values in steps.items()},
        "images": rounds,
    }


@contextmanager
def running(command: list[str], data: Path, port: int) -> Iterator["tuple[psutil.Process, float]"]:
    """Yield the process of a `perenne` command and the seconds until its hub was ready; stopped after."""
    environment = {
        **os.environ,
        "PERENNE_DATA": str(data),
        "PERENNE_PORT": str(port),
        "PERENNE_LOG_LEVEL": "warning",
    }
    log = (data.parent / f"{command[0]}.log").open("wb")
    began = time.perf_counter()
    child = subprocess.Popen(
        [sys.executable, "-m", "perenne.cli", *command], env=environment, stdout=log, stderr=log
    )
    try:
        while not is_ready(port):
            if child.poll() is not None or time.perf_counter() - began > 60:
                raise SystemExit(f"perenne {command[0]} did not start:\n{Path(log.name).read_text()[-2000:]}")
            time.sleep(0.01)
        yield psutil.Process(child.pid), time.perf_counter() - began
    finally:
        child.terminate()
        try:
            child.wait(20)
        except subprocess.TimeoutExpired:
            child.kill()
        log.close()


def is_ready(port: int) -> bool:
    """Say whether the hub answers that it can work."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


def free_port() -> int:
    """Return a port of this machine that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def memory_mb(process: "psutil.Process") -> dict[str, float]:
    """Return the resident megabytes of `process` and of every process below it, by name."""
    found: dict[str, float] = {}
    for one in [process, *process.children(recursive=True)]:
        words = one.cmdline()
        name = next(
            (w for w in ("hub", "worker", "trainer", "up") if w in words), words[-1] if words else "?"
        )
        found[name] = round(found.get(name, 0.0) + one.memory_info().rss / 1e6, 1)
    return found


def process_called(name: str, process: "psutil.Process") -> "psutil.Process":
    """Return the process among `process` and those below it that runs the command `name`."""
    every = [process, *process.children(recursive=True)]
    return next(one for one in every if name in one.cmdline())


def send_load(
    port: int, token: str, *, side: int, clients: int, seconds: float, first: int
) -> dict[str, Any]:
    """Return what `clients` got from the hub in `seconds`; they run in a process of their own."""
    command = [sys.executable, __file__, "--load", f"{port},{side},{clients},{seconds},{first}"]
    output = subprocess.run(
        command, env={**os.environ, "TOKEN": token}, capture_output=True, text=True, check=True
    )
    return dict(json.loads(output.stdout.splitlines()[-1]))


def load_from_here(asked: str) -> None:
    """Send images from threads with one connection each until the time is up; print the figures."""
    port, side, clients, seconds, first = (float(part) for part in asked.split(","))
    pictures = [make_picture(int(side), seed=i) for i in range(8)]
    headers = {"Authorization": f"Bearer {os.environ['TOKEN']}", "Content-Type": "image/jpeg"}
    latencies: list[float] = []
    began = time.perf_counter()

    def camera(number: int) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", int(port))
        sent = 0
        while time.perf_counter() - began < seconds:
            body = with_comment(pictures[sent % len(pictures)], f"{int(first)}-{number}-{sent}")
            clock = time.perf_counter()
            address = (
                f"/api/v1/sites/plant/stations/s{int(side)}/inspect?part_id=p{int(first)}-{number}-{sent}"
            )
            connection.request("POST", address, body=body, headers=headers)
            response = connection.getresponse()
            answer = response.read()
            if response.status != 200:
                raise SystemExit(f"{response.status}: {answer[:500]!r}")
            latencies.append((time.perf_counter() - clock) * 1000)
            sent += 1

    threads = [threading.Thread(target=camera, args=(n,)) for n in range(int(clients))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    took = time.perf_counter() - began
    p50, p95 = (float(v) for v in np.percentile(latencies, [50, 95]))
    print(
        json.dumps(
            {
                "per_s": round(len(latencies) / took, 1),
                "n": len(latencies),
                "p50_ms": round(p50, 1),
                "p95_ms": round(p95, 1),
            }
        )
    )


def with_comment(jpeg: bytes, text: str) -> bytes:
    """Return the JPEG with a comment behind its first marker: the same pixels, other bytes."""
    comment = text.encode()
    return jpeg[:2] + b"\xff\xfe" + (len(comment) + 2).to_bytes(2, "big") + comment + jpeg[2:]


def measure_start(folder: Path) -> dict[str, float]:
    """Return seconds until a hub on a new data folder is ready, and its idle memory."""
    with running(["hub"], folder / "new", free_port()) as (process, seconds):
        time.sleep(1.0)
        return {"cold_start_s": round(seconds, 2), "idle_rss_mb": memory_mb(process)["hub"]}


def measure_http(data: Path, *, seconds: float, sides: tuple[int, ...]) -> dict[str, Any]:
    """Return inspections per second with 1 and 8 clients against everything that `perenne up` starts."""
    port = free_port()
    figures: dict[str, Any] = {}
    with running(["up"], data, port) as (process, ready):
        token = json.loads((data / "credentials.json").read_text())["token"]
        time.sleep(3.0)  # the trainer starts after the hub
        figures |= {"up_ready_s": round(ready, 2), "up_rss_mb_by_process": memory_mb(process)}
        figures["up_rss_mb"] = round(sum(figures["up_rss_mb_by_process"].values()), 1)
        watched = {name: process_called(name, process) for name in ("hub", "worker")}
        for side in sides:
            send_load(port, token, side=side, clients=2, seconds=1.0, first=0)
            for clients in (8, 1):
                before = {name: sum(one.cpu_times()[:2]) for name, one in watched.items()}
                load = send_load(port, token, side=side, clients=clients, seconds=seconds, first=clients)
                for name, one in watched.items():
                    spent_s = sum(one.cpu_times()[:2]) - before[name]
                    load[f"{name}_cpu_ms_each"] = round(spent_s * 1000 / load["n"], 1)
                figures[f"http_{side}_{clients}"] = load
        figures["busy_rss_mb"] = round(watched["hub"].memory_info().rss / 1e6, 1)
    return figures


def main(*, quick: bool) -> None:
    """Measure everything, print it for people, then the one line for programs."""
    began, cpu = time.perf_counter(), time.process_time()
    with tempfile.TemporaryDirectory(prefix="perenne-bench-") as name:
        folder = Path(name)
        figures: dict[str, Any] = dict(measure_start(folder))
        artefacts = {side: make_detector(folder, side) for side in SIZES}
        hub = furnish_hub(folder / "data", artefacts)
        for side in SIZES:
            rounds = {320: 40, 640: 10}[side] if quick else {320: 300, 640: 100}[side]
            path = measure_path(hub, side, artefacts[side], rounds=rounds)
            figures[f"path_over_inference_{side}"] = path["ratio"]
            figures[f"path_{side}"] = path
            print(f"{side} px: bare {path['bare_ms']} ms, whole {path['whole_ms']} ms: {path['ratio']} times")
            print("   " + ", ".join(f"{step} {ms}" for step, ms in path["steps_ms"].items()), flush=True)
        hub.database.dispose()
        figures |= measure_http(
            folder / "data", seconds=3.0 if quick else 20.0, sides=(320,) if quick else SIZES
        )
    for clients in (1, 8):
        figures[f"inspect_per_s_{clients}"] = figures[f"http_320_{clients}"]["per_s"]
        print(f"HTTP, {clients} clients at 320 px: {figures[f'http_320_{clients}']}")
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    figures["cpus"] = os.cpu_count()
    figures["load_before"] = LOAD_BEFORE
    figures["cpu_s"] = round(time.process_time() - cpu + children.ru_utime + children.ru_stime, 1)
    figures["wall_s"] = round(time.perf_counter() - began, 1)
    print(json.dumps(figures))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="end within 40 s")
    parser.add_argument("--load", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.load:
        load_from_here(options.load)
    else:
        main(quick=options.quick)
