"""What watching adds to an image: signals, gate, record and detector beside decoding and inference.

Claim: everything that is measured of an image so that its station can be watched costs at most a quarter of
decoding it and running its model, and its record takes at most 1 KB. The detector is that of `inspection`
(3.2 million parameters, fifty boxes an image reach suppression), the picture a JPEG of its input's size. One
thread, ONNX Runtime and OpenCV with one thread each, so that CPU time is what the step costs; wall time is
told beside it. `--quick` ends within 60 s.

The detector update is that of `perenne.monitoring.Monitor` over all channels of one stream, held against a
reference of pictures at 320 px. At 640 px the same reference is used, told the other size: what an update
costs does not depend on the picture.
"""

import argparse
import json
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import cv2
from inspection import CLASSES, SIZES, make_detector, make_picture

from perenne.monitoring import ImageRecord, Monitor, Reference
from perenne.problems import PROBLEMS
from perenne.quality.closeness import StationFingerprint, count_fingerprints, judge_closeness
from perenne.quality.decoding import decode_admitted
from perenne.quality.faults import FAULTS, spoil_image
from perenne.quality.fingerprint import read_fingerprint
from perenne.quality.gate import judge_image
from perenne.quality.limits import StationLimits, learn_limits
from perenne.quality.signals import Signals, measure_signals
from perenne.runtime import Model, load_model

LOAD_BEFORE = round(os.getloadavg()[0], 1)
BASE = ("decode", "inference")
WATCHING = ("fingerprint", "signals", "projection", "prediction_signals", "gate", "closeness", "detector")
BEGAN = datetime(2026, 1, 5, 6, tzinfo=UTC)
LEARNT_FROM, SPOILED = 40, 16


@dataclass
class Clock:
    """CPU and wall milliseconds of every step, image by image."""

    cpu_ms: dict[str, list[float]] = field(default_factory=dict)
    wall_ms: dict[str, list[float]] = field(default_factory=dict)

    def time(self, step: str, work: Callable[[], Any]) -> Any:
        """Return what `work` returns, its time noted as that of `step`."""
        wall, cpu = time.perf_counter(), time.process_time()
        result = work()
        self.cpu_ms.setdefault(step, []).append((time.process_time() - cpu) * 1000)
        self.wall_ms.setdefault(step, []).append((time.perf_counter() - wall) * 1000)
        return result


@dataclass(frozen=True)
class Station:
    """What an image of one station is held against."""

    limits: StationLimits
    fingerprints: StationFingerprint
    monitor: Monitor


def record_image(clock: Clock, model: Model, data: bytes, *, number: int) -> ImageRecord:
    """Return the record of an image after every step up to it."""
    admitted, pixels_HWC = clock.time("decode", lambda: decode_admitted(data))
    predicted = clock.time("inference", lambda: model.predict(pixels_HWC))
    fingerprint = clock.time("fingerprint", lambda: read_fingerprint(data, admitted))
    signals = clock.time("signals", lambda: measure_signals(pixels_HWC))
    embedding = clock.time("projection", lambda: model.project(predicted))
    problem, size = PROBLEMS.get("detection"), (admitted.width, admitted.height)
    thresholds = model.manifest["thresholds"]

    def tell() -> dict[str, float]:
        return problem.signals(predicted.target, thresholds=thresholds, classes=CLASSES, size=size)

    return ImageRecord(
        image_id=f"img_{number:026d}",
        at=BEGAN + timedelta(seconds=number),
        fingerprint=fingerprint,
        signals=signals,
        embedding=embedding,
        predicted=clock.time("prediction_signals", tell),
        decision=problem.decide(predicted.target, thresholds, classes=CLASSES),
    )


def watch_image(clock: Clock, station: Station, record: ImageRecord, before: Signals | None) -> None:
    """The gate, closeness and the detector have judged the record."""
    assert record.signals is not None
    signals, previous = record.signals, [before] if before else []
    clock.time("gate", lambda: judge_image(signals, limits=station.limits, previous=previous))
    clock.time(
        "closeness",
        lambda: judge_closeness(
            signals,
            fingerprint=record.fingerprint,
            station=station.fingerprints,
            limits=station.limits,
        ),
    )
    clock.time("detector", lambda: station.monitor.update(record))


def furnish_station(reference: list[ImageRecord], side: int) -> Station:
    """Return a station for pictures of `side` pixels, held against the records of the reference."""
    pictures = [decode_admitted(make_picture(side, seed=50_000 + i))[1] for i in range(LEARNT_FROM)]
    spoiled = {
        fault: {
            i: measure_signals(spoil_image(image, fault=fault, seed=i))
            for i, image in enumerate(pictures[:SPOILED])
        }
        for fault in FAULTS
    }
    limits = learn_limits([measure_signals(image) for image in pictures], spoiled=spoiled)
    size = f"{side}x{side}"
    told = [
        replace(one, fingerprint=replace(one.fingerprint, size=size)) for one in reference if one.fingerprint
    ]
    known = count_fingerprints([one.fingerprint for one in told if one.fingerprint])
    monitor = Monitor(Reference.fit(told), run_length=1e6, amber_run_length=1e4, anchored_run_length=1e6)
    return Station(limits, known, monitor)


def walk_path(model: Model, station: Station, side: int, *, images: int) -> tuple[Clock, list[int]]:
    """Return the times of every step over `images` pictures, and the bytes of their records."""
    clock, warm = Clock(), Clock()
    sizes: list[int] = []
    before: Signals | None = None
    for number in range(-3, images):
        data = make_picture(side, seed=100_000 + number)
        now = warm if number < 0 else clock
        record = record_image(now, model, data, number=10_000 + number)
        watch_image(now, station, record, before)
        before = record.signals
        if number >= 0:
            sizes.append(len(record.to_json().encode()))
    return clock, sizes


def collect_reference(model: Model, *, images: int) -> Iterator[ImageRecord]:
    """Yield the records of pictures at the first size, in their order."""
    clock = Clock()
    for number in range(images):
        yield record_image(clock, model, make_picture(SIZES[0], seed=number), number=number)


def sum_up(clock: Clock, sizes: list[int]) -> dict[str, Any]:
    """Return medians by step, the sums of both parts, and what one is to the other."""
    cpu = {step: statistics.median(clock.cpu_ms[step]) for step in (*BASE, *WATCHING)}
    wall = {step: statistics.median(clock.wall_ms[step]) for step in (*BASE, *WATCHING)}
    base, watching = sum(cpu[step] for step in BASE), sum(cpu[step] for step in WATCHING)
    base_wall, watching_wall = sum(wall[step] for step in BASE), sum(wall[step] for step in WATCHING)
    return {
        "path_over_inference": round((base + watching) / base, 3),
        "path_over_inference_wall": round((base_wall + watching_wall) / base_wall, 3),
        "base_cpu_ms": round(base, 2),
        "watching_cpu_ms": round(watching, 2),
        "cpu_ms": {step: round(value, 3) for step, value in cpu.items()},
        "wall_ms": {step: round(value, 3) for step, value in wall.items()},
        "record_bytes": {"median": int(statistics.median(sizes)), "largest": max(sizes)},
        "images": len(sizes),
    }


def main(*, quick: bool) -> None:
    """Measure both sizes, print them for people, then the one line for programs."""
    cv2.setNumThreads(1)
    began, cpu = time.perf_counter(), time.process_time()
    figures: dict[str, Any] = {}
    with tempfile.TemporaryDirectory(prefix="perenne-bench-") as name:
        models = {side: load_model(make_detector(Path(name), side), threads=1) for side in SIZES}
        reference = list(collect_reference(models[SIZES[0]], images=240 if quick else 2_000))
        for side in SIZES:
            station = furnish_station(reference, side)
            images = {320: 120, 640: 40}[side] * (1 if quick else 5)
            clock, sizes = walk_path(models[side], station, side, images=images)
            figures[f"path_{side}"] = found = sum_up(clock, sizes)
            figures[f"path_over_inference_{side}"] = found["path_over_inference"]
            print(
                f"{side} px: decode and inference {found['base_cpu_ms']} ms CPU, watching "
                f"{found['watching_cpu_ms']} ms: {found['path_over_inference']} times; "
                f"record {found['record_bytes']['largest']} bytes at most"
            )
            print("   " + ", ".join(f"{step} {ms}" for step, ms in found["cpu_ms"].items()), flush=True)
    figures["record_bytes"] = max(figures[f"path_{side}"]["record_bytes"]["largest"] for side in SIZES)
    figures["reference_images"] = len(reference)
    figures["cpus"], figures["load_before"] = os.cpu_count(), LOAD_BEFORE
    figures["cpu_s"] = round(time.process_time() - cpu, 1)
    figures["wall_s"] = round(time.perf_counter() - began, 1)
    print(json.dumps(figures))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="end within 60 s")
    main(quick=parser.parse_args().quick)
