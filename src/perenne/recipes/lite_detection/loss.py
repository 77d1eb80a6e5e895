"""Which cell learns which object, and the loss.

Owns the centre prior, the task-aligned assignment, quality-BCE and GIoU. Refuses to punish what is unknown:
cells inside an ignored box (label -1) teach nothing.
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from perenne.recipes.lite.batches import Batch

PADDING_LABEL = -2
IGNORED_LABEL = -1
TOP_CELLS = 10
CENTRE_RADIUS = 1.5
GIOU_WEIGHT = 2.0
NEGATIVE_WEIGHT = 0.75
RIVAL_WEIGHT = 1.0


@dataclass(frozen=True)
class Assignment:
    """For every cell (N, A): the object it learns (-1 none) and how well it should score (0..1)."""

    objects_NA: Tensor
    quality_NA: Tensor
    ignored_NA: Tensor


def detection_loss(
    model: nn.Module, batch: Batch, fraction: float, *, prior_until: float = 0.25
) -> tuple[Tensor, dict[str, Tensor]]:
    """Return the loss of a batch: image (N, H, W, C) uint8, boxes (N, M, 4) px, labels (N, M).

    Until `prior_until` of the budget is used, cells near the centres learn; then the task-aligned ones.
    """
    logits, boxes, points = model(batch["image"])
    with torch.no_grad():
        assignment = assign_cells(
            logits.detach(),
            boxes.detach(),
            points,
            batch["boxes"],
            batch["labels"],
            prior=fraction < prior_until,
        )
    return combine_losses(logits, boxes, batch["boxes"], batch["labels"], assignment)


def combine_losses(
    logits_NAC: Tensor, boxes_NA4: Tensor, truth_NM4: Tensor, labels_NM: Tensor, assignment: Assignment
) -> tuple[Tensor, dict[str, Tensor]]:
    """Return quality-BCE + GIoU, normalised by the sum of qualities, and its two parts."""
    positive = assignment.objects_NA >= 0
    index = assignment.objects_NA.clamp_min(0)
    labels = labels_NM.gather(1, index).clamp_min(0)
    target = torch.zeros_like(logits_NAC)
    target.scatter_(2, labels[..., None], (assignment.quality_NA * positive)[..., None])
    scores = logits_NAC.detach().sigmoid()
    background = NEGATIVE_WEIGHT * scores.square() * (~assignment.ignored_NA)[..., None]
    rivals = (RIVAL_WEIGHT * assignment.quality_NA)[..., None].expand_as(scores)
    weight = torch.where(positive[..., None], torch.maximum(rivals, background), background)
    weight = torch.where(target > 0, (target - scores).abs(), weight)
    raw = nn.functional.binary_cross_entropy_with_logits(logits_NAC, target, reduction="none")
    total = assignment.quality_NA[positive].sum().clamp_min(1.0)
    class_loss = (raw * weight).sum() / total
    wanted = truth_NM4.gather(1, index[..., None].expand(-1, -1, 4))[positive]
    overlap = generalised_iou(boxes_NA4[positive], wanted)
    box_loss = ((1 - overlap) * assignment.quality_NA[positive]).sum() / total
    loss = class_loss + GIOU_WEIGHT * box_loss + boxes_NA4.sum() * 0.0
    return loss, {"loss": loss.detach(), "class_loss": class_loss.detach(), "box_loss": box_loss.detach()}


def assign_cells(
    logits_NAC: Tensor,
    boxes_NA4: Tensor,
    points_A3: Tensor,
    truth_NM4: Tensor,
    labels_NM: Tensor,
    *,
    prior: bool,
) -> Assignment:
    """Return which cells learn. A cell wanted by two objects takes the one it overlaps more."""
    real_NM1 = (labels_NM >= 0)[..., None]
    inside_NMA = _points_inside(points_A3, truth_NM4)
    ignored_NA = (inside_NMA & (labels_NM == IGNORED_LABEL)[..., None]).any(1)
    overlap_NMA = _pairwise_iou(truth_NM4, boxes_NA4)
    if prior:
        wanted_NMA = inside_NMA & _near_centre(points_A3, truth_NM4) & real_NM1
        metric_NMA = wanted_NMA * 1.0
    else:
        index = labels_NM.clamp_min(0)[:, None, :].expand(-1, logits_NAC.shape[1], -1)
        scores_NMA = logits_NAC.sigmoid().gather(2, index).transpose(1, 2)
        metric_NMA = scores_NMA * overlap_NMA.pow(6) * (inside_NMA & real_NM1)
        top = metric_NMA.topk(min(TOP_CELLS, metric_NMA.shape[2]), 2)
        wanted_NMA = torch.zeros_like(inside_NMA).scatter_(2, top.indices, top.values > 1e-9)
    choice = torch.where(wanted_NMA, overlap_NMA + 1e-6, torch.full_like(overlap_NMA, -1.0))
    best, objects = choice.max(1)
    positive = best > 0
    if prior:
        quality = best.clamp(0.3, 1.0)
    else:
        peak_metric = (metric_NMA * wanted_NMA).amax(2, keepdim=True).clamp_min(1e-9)
        peak_overlap = (overlap_NMA * wanted_NMA).amax(2, keepdim=True)
        scaled = metric_NMA / peak_metric * peak_overlap
        quality = scaled.gather(1, objects[:, None])[:, 0].clamp(0, 1)
    quality = quality * positive
    return Assignment(torch.where(positive, objects, -1), quality, ignored_NA)


def _points_inside(points_A3: Tensor, truth_NM4: Tensor) -> Tensor:
    """Return bool (N, M, A): the point lies in the box."""
    x, y = points_A3[:, 0], points_A3[:, 1]
    low_x, low_y, high_x, high_y = (truth_NM4[..., side, None] for side in range(4))
    return (x > low_x) & (x < high_x) & (y > low_y) & (y < high_y)


def _near_centre(points_A3: Tensor, truth_NM4: Tensor) -> Tensor:
    """Return bool (N, M, A): near the centre, on the level whose stride suits the size of the box."""
    centre = (truth_NM4[..., :2] + truth_NM4[..., 2:])[:, :, None] / 2
    size = (truth_NM4[..., 2:] - truth_NM4[..., :2]).amax(2)[..., None]
    stride = points_A3[:, 2]
    near = ((points_A3[:, :2] - centre).abs() < CENTRE_RADIUS * stride[:, None]).all(3)
    suits = (size > stride * 1.5) & (size <= stride * 12)
    smallest, largest = float(stride.min()), float(stride.max())
    suits = suits | ((stride == smallest) & (size <= smallest * 1.5))
    return near & (suits | ((stride == largest) & (size > largest * 12)))


def _pairwise_iou(truth_NM4: Tensor, boxes_NA4: Tensor) -> Tensor:
    """Return (N, M, A) overlaps."""
    low = torch.maximum(truth_NM4[:, :, None, :2], boxes_NA4[:, None, :, :2])
    high = torch.minimum(truth_NM4[:, :, None, 2:], boxes_NA4[:, None, :, 2:])
    shared = (high - low).clamp_min(0).prod(3)
    area_truth = (truth_NM4[..., 2:] - truth_NM4[..., :2]).clamp_min(0).prod(2)
    area_boxes = (boxes_NA4[..., 2:] - boxes_NA4[..., :2]).clamp_min(0).prod(2)
    return shared / (area_truth[:, :, None] + area_boxes[:, None] - shared).clamp_min(1e-6)


def generalised_iou(boxes_K4: Tensor, truth_K4: Tensor) -> Tensor:
    """Return (K,) GIoU in -1..1 of pairs of boxes. Source: Rezatofighi et al., CVPR 2019."""
    low, high = (
        torch.maximum(boxes_K4[:, :2], truth_K4[:, :2]),
        torch.minimum(boxes_K4[:, 2:], truth_K4[:, 2:]),
    )
    shared = (high - low).clamp_min(0).prod(1)
    areas = (boxes_K4[:, 2:] - boxes_K4[:, :2]).prod(1) + (truth_K4[:, 2:] - truth_K4[:, :2]).prod(1)
    union = (areas - shared).clamp_min(1e-6)
    outer_low = torch.minimum(boxes_K4[:, :2], truth_K4[:, :2])
    outer_high = torch.maximum(boxes_K4[:, 2:], truth_K4[:, 2:])
    hull = (outer_high - outer_low).prod(1).clamp_min(1e-6)
    return shared / union - (hull - union) / hull
