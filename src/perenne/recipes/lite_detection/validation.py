"""What a trained network finds on the validation part: quality, operating point, calibration.

Owns prediction during training and the choices that go into the manifest. Refuses to see the test split: it
is never given one.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from perenne.geometry import fit_input, iou_matrix, place_image, suppress
from perenne.recipes.lite_detection.network import DetectionNetwork
from perenne.recipes.lite_detection.pictures import Gallery, Truth, widen

SCORE_FLOOR = 0.01
SUPPRESSION_IOUS = (0.3, 0.4, 0.5, 0.6)
MATCH_IOU = 0.5
FEWEST_FOR_CLASS = 50
KNOTS = 16


@dataclass(frozen=True)
class RawFindings:
    """One image before suppression, in working pixels: the promising cells, their scores, and the truth."""

    boxes_N4: NDArray[np.float64]
    scores_NC: NDArray[np.float64]
    truth: Truth


@dataclass(frozen=True)
class Matches:
    """All detections of the validation part by falling score; `hit` is True where an object was found."""

    scores_K: NDArray[np.float64]
    classes_K: NDArray[np.intp]
    hits_K: NDArray[np.bool_]
    objects_C: NDArray[np.int64]


Predict = Callable[[NDArray[np.uint8]], tuple[NDArray[Any], NDArray[Any]]]
"""Network input (1, H, W, C) uint8 -> boxes (A, 4) in input pixels and scores (A, C)."""


def predict_with_network(network: DetectionNetwork, device: torch.device) -> Predict:
    """Return the prediction by a PyTorch network in evaluation mode."""

    def predict(placed: NDArray[np.uint8]) -> tuple[NDArray[Any], NDArray[Any]]:
        with torch.inference_mode():
            logits, boxes, _ = network(torch.from_numpy(placed).to(device))
        return boxes[0].cpu().numpy(), logits[0].sigmoid().cpu().numpy()

    return predict


def find_objects(
    predict: Predict, gallery: Gallery, truths: Sequence[Truth], *, indices: Sequence[int]
) -> list[RawFindings]:
    """Return what `predict` says about the chosen images of the gallery."""
    findings = []
    for index in indices:
        boxes, scores = predict(place_picture(gallery, index))
        kept = scores.max(1) > SCORE_FLOOR
        scaled = Truth(truths[index].boxes_M4 * gallery.scale(index), truths[index].labels_M)
        findings.append(RawFindings(boxes[kept].astype(np.float64), scores[kept].astype(np.float64), scaled))
    return findings


def place_picture(gallery: Gallery, index: int) -> NDArray[np.uint8]:
    """Return the network input (1, H, W, C) of an image of the gallery."""
    picture, layout = widen(gallery.picture(index)), gallery.layout
    mapping = fit_input(picture.shape[1], picture.shape[0], width=layout.width, height=layout.height)
    placed = place_image(picture, width=layout.width, height=layout.height, mapping=mapping)
    return np.asarray(placed, dtype=np.uint8)[None]


def match_findings(
    findings: Sequence[RawFindings], *, classes: int, iou: float, suppression: float
) -> Matches:
    """Return hits and misses at overlap `iou`, greedily by score, each object found at most once."""
    scores: list[NDArray[Any]] = []
    names: list[NDArray[Any]] = []
    hits: list[NDArray[Any]] = []
    objects = np.zeros(classes, np.int64)
    for found in findings:
        boxes, kept_scores, kept_classes = suppress(
            found.boxes_N4, found.scores_NC, score_floor=SCORE_FLOOR, iou=suppression, candidates=600
        )
        objects += np.bincount(found.truth.labels_M, minlength=classes)
        scores.append(kept_scores)
        names.append(kept_classes)
        hits.append(_mark_hits(boxes, kept_classes, found.truth, iou=iou))
    score = np.concatenate(scores) if scores else np.zeros(0)
    order = np.argsort(-score, kind="stable")
    return Matches(
        score[order],
        np.concatenate(names).astype(np.intp)[order] if names else np.zeros(0, np.intp),
        np.concatenate(hits).astype(bool)[order] if hits else np.zeros(0, bool),
        objects,
    )


def _mark_hits(boxes_K4: Any, classes_K: Any, truth: Truth, *, iou: float) -> NDArray[np.bool_]:
    hits = np.zeros(len(boxes_K4), bool)
    overlaps = iou_matrix(boxes_K4, truth.boxes_M4)
    overlaps[classes_K[:, None] != truth.labels_M[None]] = 0
    taken = np.zeros(len(truth.labels_M), bool)
    for row in range(len(boxes_K4)):
        free = np.where(taken, 0, overlaps[row])
        if free.size and free.max() >= iou:
            taken[free.argmax()] = hits[row] = True
    return hits


def mean_average_precision(matches: Matches) -> float:
    """Return the mean over classes that occur of the 101-point average precision (as COCO does)."""
    values = []
    for index, count in enumerate(matches.objects_C):
        if count == 0:
            continue
        hits = matches.hits_K[matches.classes_K == index]
        found = np.cumsum(hits)
        recall = found / count
        precision = np.maximum.accumulate((found / np.arange(1, len(hits) + 1))[::-1])[::-1]
        places = np.searchsorted(recall, np.linspace(0, 1, 101))
        values.append(float(np.mean(np.append(precision, 0.0)[np.minimum(places, len(hits))])))
    return float(np.mean(values)) if values else 0.0


def best_operating_point(matches: Matches) -> dict[str, float]:
    """Return the score threshold of the best F over all classes, with its precision, recall and F."""
    total = int(matches.objects_C.sum())
    if total == 0 or not matches.hits_K.any():
        return {"score": 0.5, "precision": 0.0, "recall": 0.0, "f1": 0.0}
    found = np.cumsum(matches.hits_K)
    precision, recall = found / np.arange(1, len(found) + 1), found / total
    f1 = 2 * precision * recall / np.maximum(precision + recall, 1e-9)
    best = int(f1.argmax())
    below = float(matches.scores_K[best + 1]) if best + 1 < len(found) else 0.0
    return {
        "score": (float(matches.scores_K[best]) + below) / 2,
        "precision": float(precision[best]),
        "recall": float(recall[best]),
        "f1": float(f1[best]),
    }


def calibrate_scores(matches: Matches, classes: Sequence[str]) -> dict[str, Any]:
    """Return, per class, a rising table from score to the frequency of being right (isotonic regression).

    A class with fewer than 50 detections uses the table of all classes together.
    """
    pooled = _isotonic_table(matches.scores_K, matches.hits_K)
    tables = {}
    for index, name in enumerate(classes):
        own = matches.classes_K == index
        if int(own.sum()) >= FEWEST_FOR_CLASS:
            tables[name] = _isotonic_table(matches.scores_K[own], matches.hits_K[own])
        else:
            tables[name] = pooled
    return {"kind": "isotonic", "match_iou": MATCH_IOU, "tables": tables}


def _isotonic_table(scores_K: NDArray[Any], hits_K: NDArray[Any]) -> dict[str, list[float]]:
    if len(scores_K) == 0:
        return {"scores": [0.0, 1.0], "probabilities": [0.0, 1.0]}
    from sklearn.isotonic import IsotonicRegression

    fit = IsotonicRegression(y_min=0.0, y_max=1.0, out_of_bounds="clip")
    fit.fit(scores_K, hits_K.astype(float))
    knots = np.unique(np.quantile(scores_K, np.linspace(0, 1, KNOTS)))
    return {
        "scores": [round(float(knot), 5) for knot in knots],
        "probabilities": [round(float(value), 5) for value in fit.predict(knots)],
    }


def choose_suppression(findings: Sequence[RawFindings], *, classes: int) -> float:
    """Return the overlap above which boxes of one class are one object: the best for mAP at IoU 0.5."""
    return max(
        SUPPRESSION_IOUS,
        key=lambda overlap: mean_average_precision(
            match_findings(findings, classes=classes, iou=MATCH_IOU, suppression=overlap)
        ),
    )
