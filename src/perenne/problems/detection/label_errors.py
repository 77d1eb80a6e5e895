"""Which boxes were probably labelled wrongly or forgotten, from detectors that have not seen the images.

Owns the candidates and their probabilities. What an error looks like beside a detector's answers is learnt
from errors made on purpose in the labels at hand: a box taken away, moved, renamed, or put where nothing is.
Refuses to take the detector's word: a box it often misses says little about the label.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from perenne.geometry import as_boxes, iou_matrix
from perenne.problems.detection.target import BoxesTarget
from perenne.problems.suspicion import BELIEVED_WRONG, MIN_IMAGES, Reason, Suspect, Suspects, in_order
from perenne.stats.estimation.bootstrap import groups_to_indices
from perenne.stats.estimation.interval import TooFew

Floats = NDArray[np.float64]
LABEL_REASONS: tuple[Reason, ...] = ("class", "position", "spurious")
MIN_BOXES = 50
LEAST_SCORE = 0.03
SAME_IOU = 0.5
NEAR_IOU = 0.1
APART_IOU = 0.3
_SHIFT_SHARE = (0.25, 0.75)
_FOLDS = 3
_FLOOR = 1e-3
_FAR = 2.5
_MOST_ROWS = 6000
_MOST_SHARE = 0.99999
_WITHIN_A_STEP = 0.01
_MOST_TRIES = 20


def suspect_boxes(
    truths: Sequence[BoxesTarget],
    predictions: Sequence[BoxesTarget],
    *,
    classes: Sequence[str],
    groups: Sequence[str],
    believed_wrong: float = BELIEVED_WRONG,
    seed: int = 0,
) -> Suspects:
    """Return the boxes that are probably wrong or missing, or TooFew.

    Per reason, a classifier trained on the other groups tells labels as given from errors made on purpose;
    its odds and `believed_wrong` (shared by the four reasons) give the probability by Bayes' rule.
    Assumes: predictions are out of sample and keep boxes of low score; real errors look like those made.
    """
    n_boxes = sum(len(truth.boxes) for truth in truths)
    n, n_groups = len(truths), len(set(groups))
    if n < MIN_IMAGES:
        return TooFew(unit="images", needed=MIN_IMAGES, got=n, n=n, n_groups=n_groups)
    if n_boxes < MIN_BOXES:
        return TooFew(unit="labelled boxes", needed=MIN_BOXES, got=n_boxes, n=n, n_groups=n_groups)
    index = {name: i for i, name in enumerate(classes)}
    scenes = [_Scene.of(truth, said, index) for truth, said in zip(truths, predictions, strict=True)]
    fold_N = _folds(groups)
    rng = np.random.default_rng(seed)
    suspects = _suspect_labels(scenes, fold_N, classes, believed_wrong, rng)
    suspects += _suspect_gaps(scenes, fold_N, classes, believed_wrong)
    return _without_doubles(in_order(suspects))


@dataclass(frozen=True)
class _Scene:
    """The labelled and the predicted boxes of one image, and their overlaps."""

    boxes_L4: Floats
    names_L: NDArray[np.intp]
    said_P4: Floats
    said_names_P: NDArray[np.intp]
    scores_P: Floats
    overlaps_PL: Floats

    @classmethod
    def of(cls, truth: BoxesTarget, said: BoxesTarget, index: dict[str, int]) -> "_Scene":
        boxes_L4 = as_boxes([b.corners for b in truth.boxes])
        kept = [b for b in said.boxes if (b.score or 0.0) >= LEAST_SCORE]
        said_P4 = as_boxes([b.corners for b in kept])
        return cls(
            boxes_L4,
            np.array([index[b.name] for b in truth.boxes], dtype=np.intp),
            said_P4,
            np.array([index[b.name] for b in kept], dtype=np.intp),
            np.array([b.score or 0.0 for b in kept], dtype=np.float64),
            np.asarray(iou_matrix(said_P4, boxes_L4)),
        )

    def overlap_with_others(self, label: int | None) -> Floats:
        """Return (P,) the largest overlap of each prediction with any label but this one."""
        rest_PL = self.overlaps_PL if label is None else np.delete(self.overlaps_PL, label, axis=1)
        return rest_PL.max(1) if rest_PL.shape[1] else np.zeros(len(self.scores_P))


@dataclass
class _Rows:
    """What the classifier learns from: features, kind (0: as given) and fold of each example."""

    features: list[list[float]]
    kinds: list[int]
    folds: list[int]

    def add(self, features: list[float], kind: int, fold: int) -> None:
        self.features.append(features)
        self.kinds.append(kind)
        self.folds.append(fold)

    def odds(self, n_kinds: int) -> Floats:
        """Return for each row of kind 0 the odds of the other kinds against it."""
        return _odds_out_of_fold(
            np.array(self.features), np.array(self.kinds), np.array(self.folds), n_kinds=n_kinds
        )


def _describe_label(
    scene: _Scene, box_4: Floats, name: int, overlap_P: Floats, elsewhere_P: Floats
) -> list[float]:
    """Return how sure the detector is at a label, of its class and of others, on it and near by.

    A prediction near by that fits another label is that one's.
    """
    own_P = elsewhere_P <= np.maximum(overlap_P, SAME_IOU)
    same_P = scene.said_names_P == name
    on_P = overlap_P >= SAME_IOU
    near_P = (overlap_P >= NEAR_IOU) & ~on_P & own_P
    scores = scene.scores_P
    weight_P = scores * (overlap_P * own_P)
    return [
        _log_odds(_best(scores, on_P & same_P)),
        _log_odds(_best(scores, on_P & ~same_P)),
        _log_odds(_best(scores, near_P & same_P)),
        _log_odds(_best(scores, near_P & ~same_P)),
        float(overlap_P[int(weight_P.argmax())]) if weight_P.any() else 0.0,
        _log_odds(float(scores[on_P].sum())),
        _log_size(box_4),
    ]


def _suspect_labels(
    scenes: Sequence[_Scene],
    fold_N: NDArray[np.intp],
    classes: Sequence[str],
    believed: float,
    rng: np.random.Generator,
) -> list[Suspect]:
    """Return every label with its most probable fault."""
    rows = _Rows([], [], [])
    places: list[tuple[int, int]] = []
    for i, scene in enumerate(scenes):
        others_P = scene.overlap_with_others(None)
        for j in range(len(scene.names_L)):
            places.append((i, j))
            rest_P = scene.overlap_with_others(j)
            made = [(scene.boxes_L4[j], int(scene.names_L[j])), *_spoilt(scene, j, len(classes), rng)]
            stacked_M4 = np.stack([box_4 for box_4, _ in made])
            overlaps_PM = iou_matrix(scene.said_P4, stacked_M4).astype(np.float64)
            for kind, (box_4, name) in enumerate(made):
                if name >= 0:
                    # A label put where nothing is stands beside all others; else the label was changed.
                    elsewhere_P = others_P if kind == len(LABEL_REASONS) else rest_P
                    told = _describe_label(scene, box_4, name, overlaps_PM[:, kind], elsewhere_P)
                    rows.add(told, kind, int(fold_N[i]))
    odds_GK = rows.odds(len(LABEL_REASONS) + 1)
    prior = believed / (len(LABEL_REASONS) + 1)
    weighed_GK = prior * odds_GK
    chance_GK = weighed_GK / (1 - prior * len(LABEL_REASONS) + weighed_GK.sum(1, keepdims=True))
    suspects = []
    for (i, j), chance_K in zip(places, chance_GK, strict=True):
        reason = LABEL_REASONS[int(chance_K.argmax())]
        given = classes[int(scenes[i].names_L[j])]
        expected = _expected(scenes[i], j, reason, classes)
        box = _corners(scenes[i].boxes_L4[j])
        suspects.append(Suspect(i, reason, given, expected, float(chance_K.sum()), box))
    return suspects


def _spoilt(scene: _Scene, label: int, n_classes: int, rng: np.random.Generator) -> list[tuple[Floats, int]]:
    """Return the label renamed, moved, and put where nothing is labelled; name -1: could not be made."""
    box_4, name = scene.boxes_L4[label], int(scene.names_L[label])
    renamed = int((name + rng.integers(1, n_classes)) % n_classes) if n_classes > 1 else -1
    sides = box_4[2:] - box_4[:2]
    step = rng.uniform(*_SHIFT_SHARE, 2) * rng.choice([-1.0, 1.0], 2)
    step[int(rng.integers(2))] *= rng.uniform()
    moved_4 = box_4 + np.tile(step * sides, 2)
    extent = np.concatenate([scene.boxes_L4, scene.said_P4]).max(0)[2:]
    for _ in range(_MOST_TRIES):
        corner = rng.uniform(0, np.maximum(extent - sides, 1.0))
        elsewhere_4 = np.concatenate([corner, corner + sides])
        if not iou_matrix(elsewhere_4[None], scene.boxes_L4).any():
            return [(box_4, renamed), (moved_4, name), (elsewhere_4, name)]
    return [(box_4, renamed), (moved_4, name), (box_4, -1)]


def _suspect_gaps(
    scenes: Sequence[_Scene], fold_N: NDArray[np.intp], classes: Sequence[str], believed: float
) -> list[Suspect]:
    """Return every place that a detector names and no label explains, as an object that was forgotten."""
    rows = _Rows([], [], [])
    gaps: list[tuple[int, int]] = []
    for i, scene in enumerate(scenes):
        same_PP = iou_matrix(scene.said_P4, scene.said_P4) >= SAME_IOU
        others_P = scene.overlap_with_others(None)
        for p in _unexplained(scene, others_P, same_PP):
            gaps.append((i, p))
            rows.add(_describe_gap(scene, p, same_PP[p], float(others_P[p])), 0, int(fold_N[i]))
        for j in range(len(scene.names_L)):
            rest_P = scene.overlap_with_others(j)
            free_P = (scene.overlaps_PL[:, j] >= SAME_IOU) & (rest_P < APART_IOU)
            if free_P.any():
                p = int(np.where(free_P, scene.scores_P, -1.0).argmax())
                rows.add(_describe_gap(scene, p, same_PP[p], float(rest_P[p])), 1, int(fold_N[i]))
    n_found = sum(rows.kinds)
    if not gaps or not n_found:
        return []
    odds_G = rows.odds(2)[:, 0]
    prior = min(0.5, believed / (len(LABEL_REASONS) + 1) * n_found / len(gaps))
    chance_G = prior * odds_G / (1 - prior + prior * odds_G)
    suspects = []
    for (i, p), chance in zip(gaps, chance_G.tolist(), strict=True):
        expected = classes[int(scenes[i].said_names_P[p])]
        suspects.append(Suspect(i, "missing", None, expected, chance, _corners(scenes[i].said_P4[p])))
    return suspects


def _unexplained(scene: _Scene, others_P: Floats, same_PP: NDArray[np.bool_]) -> list[int]:
    """Return the predictions apart from all labels, one for each place, the surest first.

    Places, not classes: what a detector calls by two names is one object.
    """
    left = np.flatnonzero(others_P < APART_IOU)
    left = left[np.argsort(-scene.scores_P[left], kind="stable")]
    found = []
    while len(left):
        found.append(int(left[0]))
        left = left[~same_PP[left[0], left] & (left != left[0])]
    return found


def _describe_gap(scene: _Scene, row: int, same_P: NDArray[np.bool_], overlap: float) -> list[float]:
    rivals_P = same_P & (scene.said_names_P != scene.said_names_P[row])
    return [
        _log_odds(float(scene.scores_P[row])),
        _log_odds(_best(scene.scores_P, rivals_P)),
        _log_odds(float(scene.scores_P[same_P].sum())),
        overlap,
        _log_size(scene.said_P4[row]),
    ]


def _odds_out_of_fold(
    x_RF: Floats, kind_R: NDArray[np.intp], fold_R: NDArray[np.intp], *, n_kinds: int
) -> Floats:
    """Return for each row of kind 0 the odds of kinds 1.. against it.

    A model of the other folds puts all rows in order; the odds are those seen among rows of such a place
    (isotonic regression), so that no model promises more than there was to see.
    """
    from sklearn.isotonic import IsotonicRegression
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import FunctionTransformer, PolynomialFeatures, StandardScaler

    told_RK = np.full((len(x_RF), n_kinds), 1 / n_kinds)
    for fold in np.unique(fold_R):
        inside, taken = fold_R == fold, _thinned(fold_R != fold, kind_R)
        if len(np.unique(kind_R[taken])) < n_kinds:
            continue
        model: Any = make_pipeline(
            StandardScaler(),
            # Beyond what was often seen, squares promise too much.
            FunctionTransformer(_bounded),
            PolynomialFeatures(2, include_bias=False),
            LogisticRegression(class_weight="balanced", max_iter=200, tol=1e-3),
        )
        model.fit(x_RF[taken], kind_R[taken])
        told_RK[inside] = np.clip(model.predict_proba(x_RF[inside]), 1e-9, 1.0)
    given = kind_R == 0
    odds_GK = np.zeros((int(given.sum()), n_kinds - 1))
    for kind in range(1, n_kinds):
        made = kind_R == kind
        order_R = np.log(told_RK[:, kind] / told_RK[:, 0])
        weights_R = np.where(made, 1 / max(1, made.sum()), 1 / given.sum())
        pair = made | given
        curve = IsotonicRegression(y_min=0.0, y_max=1.0).fit(order_R[pair], made[pair], weights_R[pair])
        share_G = np.clip(curve.predict(order_R[given]), 0.0, _MOST_SHARE)
        # Within a step of the curve, the model's order still counts a little.
        odds_GK[:, kind - 1] = share_G / (1 - share_G) * np.exp(_WITHIN_A_STEP * order_R[given])
    return odds_GK


def _thinned(known_R: NDArray[np.bool_], kind_R: NDArray[np.intp]) -> NDArray[np.intp]:
    """Return the rows to learn from: of each kind at most so many, evenly taken."""
    chosen = []
    for kind in np.unique(kind_R[known_R]):
        rows = np.flatnonzero(known_R & (kind_R == kind))
        chosen.append(rows[:: -(-len(rows) // _MOST_ROWS)])
    return np.concatenate(chosen)


def _bounded(x_RF: Floats) -> Floats:
    return np.clip(x_RF, -_FAR, _FAR)


def _without_doubles(suspects: Sequence[Suspect]) -> list[Suspect]:
    """Return the suspects without gaps that a misplaced label near by explains."""
    moved: dict[int, list[Suspect]] = {}
    for one in suspects:
        if one.reason == "position":
            moved.setdefault(one.image, []).append(one)
    kept = []
    for one in suspects:
        near = moved.get(one.image, []) if one.reason == "missing" else []
        rivals = [other for other in near if other.probability >= one.probability]
        if rivals and iou_matrix(as_boxes([one.box or ()]), as_boxes([r.box or () for r in rivals])).any():
            continue
        kept.append(one)
    return kept


def _expected(scene: _Scene, label: int, reason: Reason, classes: Sequence[str]) -> str | None:
    """Return the class that the detector says there; None for a box where nothing should be."""
    if reason == "spurious":
        return None
    given = int(scene.names_L[label])
    if reason == "class" and len(scene.scores_P):
        on_P = iou_matrix(scene.said_P4, scene.boxes_L4[label][None])[:, 0] >= SAME_IOU
        rivals_P = np.where(on_P & (scene.said_names_P != given), scene.scores_P, -1.0)
        if rivals_P.max() >= 0:
            return classes[int(scene.said_names_P[int(rivals_P.argmax())])]
        return None
    return classes[given]


def _folds(groups: Sequence[str]) -> NDArray[np.intp]:
    """Return a fold for each image, whole groups together where there are enough of them."""
    indices = groups_to_indices(groups)
    if int(indices.max()) + 1 >= 2:
        return indices % _FOLDS
    return np.arange(len(indices)) % _FOLDS


def _best(scores: Floats, mask: NDArray[np.bool_]) -> float:
    return float(scores[mask].max()) if mask.any() else 0.0


def _log_odds(score: float) -> float:
    bounded = min(max(score, _FLOOR), 1 - _FLOOR)
    return float(np.log(bounded / (1 - bounded)))


def _log_size(box_4: Floats) -> float:
    return float(np.log(max((box_4[2] - box_4[0]) * (box_4[3] - box_4[1]), 1.0)))


def _corners(box_4: Floats) -> tuple[float, float, float, float]:
    x1, y1, x2, y2 = (float(value) for value in box_4)
    return x1, y1, x2, y2
