"""How many wrong labels are found, and how soon, beside cleanlab's ObjectLab.

Claim: on DeepPCB with 150 spoiled labels in 1,000 images (a box missing, of another class, shifted by 35-60 %
of its sides, or put where nothing is), with real detectors that never saw the boards they answer for (three
folds, trained on the spoiled labels), more of the first 150 images named are truly spoiled than by ObjectLab.
ObjectLab gives one score an image, so ours is judged by image too: its most suspicious box. Both get the same
predictions (from a score of 0.03 on). ObjectLab counts predictions from fixed scores on (0.5, 0.95) that a
detector trained for 120 s seldom reaches: a longer --budget-cpu-s helps it more than us. `believed` says how
the promised probabilities of single boxes compare with what was found; boxes of DeepPCB that were wrong
before we spoiled any count as false. Predictions and ObjectLab's environment are kept below --cache. --quick
simulates a detector (and says so), on a third of the images.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import numpy as np
from _spoiled_labels import FOLDS, KINDS, BoardImage, predict_out_of_fold, read_boards, spoil

from perenne.geometry import as_boxes, iou_matrix
from perenne.problems import PROBLEMS, Box, BoxesTarget
from perenne.problems.suspicion import Suspect

ROOT = Path(__file__).resolve().parent.parent
CLEANLAB = ("cleanlab==2.9.0", "numpy<2.3")  # it calls what newer ones have no more
LEAST_SCORE = 0.03
N_SPOILED = 150
QUICK_STEP = 3
BANDS = ((0.02, 0.1), (0.1, 0.3), (0.3, 0.6), (0.6, 1.01))
OBJECTLAB = """
import json, sys, time
import numpy as np
from cleanlab.object_detection.rank import get_label_quality_scores
from cleanlab.object_detection.filter import find_label_issues
given = json.load(open(sys.argv[1]))
labels = [{"bboxes": np.array(i["boxes"], float).reshape(-1, 4), "labels": np.array(i["names"], int)}
          for i in given["labels"]]
said = [np.array([np.array(c, float).reshape(-1, 5) for c in i] + [None], dtype=object)[:-1]
        for i in given["said"]]
began = time.process_time()
scores = get_label_quality_scores(labels, said, verbose=False)
issues = find_label_issues(labels, said, return_indices_ranked_by_score=True)
cpu_s = time.process_time() - began
print(json.dumps({"scores": scores.tolist(), "issues": issues.tolist(), "cpu_s": cpu_s}))
"""


def simulate_detector(
    images: Sequence[BoardImage], correct: Sequence[BoardImage], classes: Sequence[str]
) -> list[BoxesTarget]:
    """Return what a fair detector would say of the correct boxes: 8 % missed, 5 % misnamed, 2 false."""
    rng = np.random.default_rng(1)
    said = []
    for image in correct:
        found = [
            replace(
                box,
                x1=box.x1 + float(rng.normal(0, 2)),
                name=str(rng.choice(classes)) if rng.random() < 0.05 else box.name,
                score=float(rng.beta(5, 2)),
            )
            for box in image.boxes
            if rng.random() > 0.08
        ]
        for _ in range(rng.poisson(2)):
            x, y = rng.uniform(0, 590, 2).tolist()
            found.append(Box(x, y, x + 40, y + 40, str(rng.choice(classes)), float(rng.beta(1, 6))))
        said.append(BoxesTarget(tuple(found)))
    return said


def rank_by_us(
    images: Sequence[BoardImage], said: Sequence[BoxesTarget], classes: Sequence[str]
) -> tuple[list[int], list[Suspect], float]:
    """Return the images by their most suspicious box, all suspects, and the CPU seconds."""
    began = time.process_time()
    found = PROBLEMS.get("detection").suspect_labels(
        [image.truth for image in images], said, classes=classes, groups=[image.board for image in images]
    )
    assert isinstance(found, list), str(found)
    ranked = list(dict.fromkeys(one.image for one in found))
    return ranked, found, time.process_time() - began


def rank_by_objectlab(
    images: Sequence[BoardImage], said: Sequence[BoxesTarget], classes: Sequence[str], cache: Path
) -> tuple[list[int], dict[str, Any]]:
    """Return the images by ObjectLab's score, the worst first, and what it flags and took."""
    python = cache / "objectlab" / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", str(cache / "objectlab")], check=True)
        subprocess.run([str(python), "-m", "pip", "install", "-q", *CLEANLAB], check=True)
    index = {name: i for i, name in enumerate(classes)}
    labels = [
        {"boxes": [b.corners for b in image.boxes], "names": [index[b.name] for b in image.boxes]}
        for image in images
    ]
    by_class = [
        [
            [[*b.corners, b.score] for b in target.boxes if b.name == name and (b.score or 0) >= LEAST_SCORE]
            for name in classes
        ]
        for target in said
    ]
    given = cache / "objectlab-input.json"
    given.write_text(json.dumps({"labels": labels, "said": by_class}))
    answer = subprocess.run(
        [str(python), "-c", OBJECTLAB, str(given)], capture_output=True, text=True, check=True
    )
    told = json.loads(answer.stdout.splitlines()[-1])
    ranked = np.argsort(told["scores"], kind="stable").tolist()
    flagged = [i for i in told["issues"] if images[i].spoiled]
    return ranked, {
        "cpu_s": round(told["cpu_s"], 1),
        "flags": len(told["issues"]),
        "flags_true": len(flagged),
    }


def figures_of(ranked: Sequence[int], images: Sequence[BoardImage]) -> dict[str, Any]:
    """Return precision and recall of a ranking; n spoiled images scale the usual 50, 150 and 300."""
    n = sum(image.spoiled is not None for image in images)
    hits = np.array([images[i].spoiled is not None for i in ranked])
    first = set(ranked[:n])
    by_reason = {}
    for kind in KINDS:
        of_kind = [i for i, image in enumerate(images) if image.spoiled == kind]
        by_reason[kind] = round(sum(i in first for i in of_kind) / max(1, len(of_kind)), 3)
    return {
        f"precision_at_{n // 3}": round(float(hits[: n // 3].sum() / (n // 3)), 3),
        f"precision_at_{n}": round(float(hits[:n].sum() / n), 3),
        f"recall_at_{2 * n}": round(float(hits[: 2 * n].sum() / n), 3),
        f"recall_by_reason_at_{n}": by_reason,
    }


def judge_boxes(found: Sequence[Suspect], images: Sequence[BoardImage]) -> dict[str, Any]:
    """Return, by promised probability, how often the box named is the one that was spoiled; and reasons."""
    right = np.array([_names_the_fault(one, images[one.image]) for one in found])
    chance = np.array([one.probability for one in found])
    bands = {}
    for low, high in BANDS:
        inside = (chance >= low) & (chance < high)
        if inside.any():
            share = round(float(right[inside].mean()), 3)
            bands[f"{low:g}-{min(high, 1):g}"] = {
                "n": int(inside.sum()),
                "promised": round(float(chance[inside].mean()), 3),
                "spoiled": share,
            }
    told = [one.reason == images[one.image].spoiled for one, hit in zip(found, right, strict=True) if hit]
    return {"believed": bands, "reason_right": round(float(np.mean(told)), 3) if told else None}


def _names_the_fault(one: Suspect, image: BoardImage) -> bool:
    if image.fault is None or one.box is None:
        return False
    overlap = iou_matrix(as_boxes([one.box]), as_boxes([image.fault.corners]))[0, 0]
    return bool(overlap >= 0.4)


def run(arguments: argparse.Namespace) -> dict[str, Any]:
    """Return the figures of both on the same labels and predictions."""
    data, cache = Path(arguments.data), Path(arguments.cache)
    if not (data / "annotations.coco.json").exists():
        return {"benchmark": "label_errors", "skipped": f"no annotations.coco.json in {data}"}
    classes, correct = read_boards(data)
    n = N_SPOILED // QUICK_STEP if arguments.quick else N_SPOILED
    correct = correct[::QUICK_STEP] if arguments.quick else correct
    images = spoil(correct, n=n, classes=classes, rng=np.random.default_rng(arguments.seed))
    cache.mkdir(parents=True, exist_ok=True)
    taught = arguments.seed if arguments.detector_seed is None else arguments.detector_seed
    if arguments.quick:
        said, detector = simulate_detector(images, correct, classes), "simulated"
    else:
        lessons = spoil(correct, n=n, classes=classes, rng=np.random.default_rng(taught))
        said = predict_out_of_fold(
            data,
            lessons,
            classes=classes,
            budget_cpu_s=arguments.budget_cpu_s,
            cache=cache / "detector",
            seed=taught,
        )
        detector = f"lite-detection, {len(FOLDS)} folds by board, {arguments.budget_cpu_s:g} CPU s each"
    ranked, found, cpu_s = rank_by_us(images, said, classes)
    result: dict[str, Any] = {
        "benchmark": "label_errors",
        "detector": detector,
        "detector_map50": round(
            PROBLEMS.get("detection")
            .match(
                [image.truth for image in correct], said, classes=classes, thresholds={},
                groups=[image.board for image in images],
            )
            .point()["map50"], 3,
        ),
        "n_images": len(images),
        "n_spoiled": n,
        "perenne": {**figures_of(ranked, images), "cpu_s": round(cpu_s, 1), **judge_boxes(found, images)},
        "quick": arguments.quick,
        "seed": arguments.seed,
        "detector_seed": taught,
    }  # fmt: skip
    if arguments.no_peer:
        result["objectlab"] = {"skipped": "--no-peer"}
    else:
        other, told = rank_by_objectlab(images, said, classes, cache)
        result["objectlab"] = {**figures_of(other, images), **told}
    return result


def main() -> None:
    """Parse the arguments, run, and print the JSON line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", default=str(ROOT.parent / "shared" / "data" / "deeppcb"))
    parser.add_argument("--cache", default=str(ROOT / ".bench" / "label_errors"))
    parser.add_argument("--budget-cpu-s", type=float, default=120.0, help="of each of three detectors")
    parser.add_argument("--quick", action="store_true", help="a simulated detector, a third of the images")
    parser.add_argument("--no-peer", action="store_true", help="without ObjectLab's environment")
    parser.add_argument("--seed", type=int, default=0, help="of the errors that have to be found")
    parser.add_argument(
        "--detector-seed",
        type=int,
        help="of the detectors and the errors in what they learn from; by default that of --seed. "
        "Another one keeps their predictions and spoils other labels.",
    )
    print(json.dumps(run(parser.parse_args())))


if __name__ == "__main__":
    main()
