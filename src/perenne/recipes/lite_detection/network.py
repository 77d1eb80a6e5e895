"""The network of "lite-detection": fused input, EfficientNet-Lite0, path-aggregation neck, anchor-free heads.

Owns what is computed from uint8 pixels to boxes and scores. Refuses suppression: that stays outside the
graph, so thresholds can move without a new export.
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from perenne.recipes.lite.backbone import STAGE_CHANNELS, EfficientNetLite0, embed_features

STRIDES = (8, 16, 32)
PYRAMID_STAGES = (2, 4, 6)
WIDTH = 96
LUMA = (0.299, 0.587, 0.114)
PRIOR_LOGIT = -4.6


class Separable(nn.Module):
    """Depthwise 5x5, pointwise, batch normalisation, ReLU."""

    def __init__(self, width: int, *, stride: int = 1) -> None:
        super().__init__()
        self.depthwise = nn.Conv2d(width, width, 5, stride, 2, groups=width, bias=False)
        self.pointwise = nn.Conv2d(width, width, 1, bias=False)
        self.norm = nn.BatchNorm2d(width, momentum=0.03)

    def forward(self, x_NCHW: Tensor) -> Tensor:
        """Return (N, width, H / stride, W / stride)."""
        return nn.functional.relu(self.norm(self.pointwise(self.depthwise(x_NCHW))))


class Neck(nn.Module):
    """Path aggregation over three levels: deep to shallow, then back."""

    def __init__(self) -> None:
        super().__init__()
        self.lateral = nn.ModuleList(nn.Conv2d(STAGE_CHANNELS[s], WIDTH, 1) for s in PYRAMID_STAGES)
        self.down_merge = nn.ModuleList(Separable(WIDTH) for _ in range(2))
        self.reduce = nn.ModuleList(Separable(WIDTH, stride=2) for _ in range(2))
        self.up_merge = nn.ModuleList(Separable(WIDTH) for _ in range(2))

    def forward(self, features: list[Tensor]) -> list[Tensor]:
        """Return three maps (N, 96, H / s, W / s) for s = 8, 16, 32."""
        c3, c4, c5 = (
            lateral(features[stage]) for lateral, stage in zip(self.lateral, PYRAMID_STAGES, strict=True)
        )
        p4 = self.down_merge[0](c4 + nn.functional.interpolate(c5, scale_factor=2.0))
        p3 = self.down_merge[1](c3 + nn.functional.interpolate(p4, scale_factor=2.0))
        n4 = self.up_merge[0](p4 + self.reduce[0](p3))
        n5 = self.up_merge[1](c5 + self.reduce[1](n4))
        return [p3, n4, n5]


class Head(nn.Module):
    """Class logits and box sides of one level."""

    def __init__(self, classes: int) -> None:
        super().__init__()
        self.tower = Separable(WIDTH)
        self.class_tower, self.box_tower = Separable(WIDTH), Separable(WIDTH)
        self.classify = nn.Conv2d(WIDTH, classes, 1)
        self.regress = nn.Conv2d(WIDTH, 4, 1)
        nn.init.normal_(self.classify.weight, std=0.01)
        nn.init.constant_(self.classify.bias, PRIOR_LOGIT)  # type: ignore[arg-type]

    def forward(self, x_NCHW: Tensor) -> tuple[Tensor, Tensor]:
        """Return logits (N, H*W, C) and positive sides (N, H*W, 4) in strides."""
        shared = self.tower(x_NCHW)
        logits = self.classify(self.class_tower(shared)).flatten(2).transpose(1, 2)
        sides = self.regress(self.box_tower(shared)).flatten(2).transpose(1, 2)
        return logits, nn.functional.softplus(sides)


class DetectionNetwork(nn.Module):
    """From uint8 pixels to boxes. `channels` = 3, or 6: an RGB image followed by its RGB golden template.

    With a template the backbone sees three planes: brightness of the image, brightness of the template, and
    their tolerant difference (see `tolerant_difference`); `colour` = False compares brightness only.
    """

    def __init__(
        self,
        classes: int,
        *,
        channels: int = 3,
        colour: bool = True,
        tolerance: int = 2,
        frozen_stages: int = 2,
    ) -> None:
        super().__init__()
        self.channels, self.colour, self.tolerance = channels, colour, tolerance
        self.backbone = EfficientNetLite0(frozen_stages=frozen_stages)
        self.neck = Neck()
        self.heads = nn.ModuleList(Head(classes) for _ in STRIDES)

    def forward(self, image_NHWC: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return logits (N, A, C), boxes (N, A, 4) in input pixels, points (A, 3) as x, y, stride."""
        logits, boxes, points, _ = self.compute(image_NHWC)
        return logits, boxes, points

    def compute(self, image_NHWC: Tensor) -> tuple[Tensor, Tensor, Tensor, list[Tensor]]:
        """Return logits, boxes and points as `forward`, and the seven backbone maps."""
        features = self.backbone(self.fuse(image_NHWC))
        maps = self.neck(features)
        pairs = [head(level) for head, level in zip(self.heads, maps, strict=True)]
        points = make_points([(int(m.shape[2]), int(m.shape[3])) for m in maps], device=image_NHWC.device)
        logits = torch.cat([pair[0] for pair in pairs], 1).float()
        sides = torch.cat([pair[1] for pair in pairs], 1).float() * points[:, 2:]
        low, high = points[:, :2] - sides[..., :2], points[:, :2] + sides[..., 2:]
        return logits, torch.cat([low, high], 2), points, features

    def fuse(self, image_NHWC: Tensor) -> Tensor:
        """Return the normalised float input of the backbone (N, 3, H, W), channels last in memory."""
        pixels = image_NHWC.permute(0, 3, 1, 2).float()
        if self.channels == 6:
            image, template = pixels[:, :3], pixels[:, 3:]
            planes = [_brightness(image), _brightness(template)]
            compared = [image, template] if self.colour else planes
            planes.append(tolerant_difference(*compared, radius=self.tolerance))
            pixels = torch.cat(planes, 1)
        return ((pixels - 127.0) / 128.0).contiguous(memory_format=torch.channels_last)


class ExportedNetwork(nn.Module):
    """The graph that is exported: uint8 NHWC to boxes, scores and embedding."""

    def __init__(self, network: DetectionNetwork) -> None:
        super().__init__()
        self.network = network

    def forward(self, image_NHWC: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return boxes (N, A, 4) in input pixels, scores (N, A, C) in 0..1 and embedding (N, 944)."""
        logits, boxes, _, features = self.network.compute(image_NHWC)
        return boxes, logits.sigmoid(), embed_features(features)


def tolerant_difference(image_NCHW: Tensor, template_NCHW: Tensor, *, radius: int) -> Tensor:
    """Return (N, 1, H, W), 0..255: what no shift of up to `radius` pixels explains, largest over channels.

    A pixel counts by how far it lies outside the range that the other picture shows nearby; misregistered
    edges vanish, real defects stay. Radius 0 is the plain absolute difference.
    """
    if radius == 0:
        return (image_NCHW - template_NCHW).abs().amax(1, keepdim=True)
    high_image, low_image = _local_range(image_NCHW, radius)
    high_template, low_template = _local_range(template_NCHW, radius)
    above = torch.maximum(image_NCHW - high_template, template_NCHW - high_image)
    below = torch.maximum(low_template - image_NCHW, low_image - template_NCHW)
    return torch.maximum(above, below).clamp_min(0).amax(1, keepdim=True)


def _local_range(pixels: Tensor, radius: int) -> tuple[Tensor, Tensor]:
    size = 2 * radius + 1

    def dilate(plane: Tensor) -> Tensor:
        plane = plane.contiguous()
        rows = nn.functional.max_pool2d(plane, (size, 1), 1, (radius, 0))
        return nn.functional.max_pool2d(rows, (1, size), 1, (0, radius))

    return dilate(pixels), -dilate(-pixels)


def _brightness(pixels_NCHW: Tensor) -> Tensor:
    red, green, blue = LUMA
    return pixels_NCHW[:, :1] * red + pixels_NCHW[:, 1:2] * green + pixels_NCHW[:, 2:3] * blue


def make_points(sizes: Sequence[tuple[int, int]], *, device: torch.device) -> Tensor:
    """Return (A, 3): centre x, centre y and stride of every cell of every level, in input pixels."""
    levels = []
    for (height, width), stride in zip(sizes, STRIDES, strict=True):
        y = (torch.arange(height, device=device, dtype=torch.float32) + 0.5) * stride
        x = (torch.arange(width, device=device, dtype=torch.float32) + 0.5) * stride
        grid_y, grid_x = torch.meshgrid(y, x, indexing="ij")
        levels.append(torch.stack([grid_x, grid_y, torch.full_like(grid_x, float(stride))], 2).view(-1, 3))
    return torch.cat(levels)
