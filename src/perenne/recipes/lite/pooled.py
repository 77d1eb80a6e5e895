"""The network for one answer an image: EfficientNet-Lite0, pooled features, one linear layer.

Owns what is computed from uint8 pixels to answers and embedding, and the frozen features for the probe.
Refuses a head on raw features: they are standardised, so a linear probe can start the training.
"""

from collections.abc import Callable, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from perenne.recipes.lite.backbone import EMBEDDING_SIZE, EMBEDDING_STAGES, TOP_CHANNELS, EfficientNetLite0

FEATURES = TOP_CHANNELS + EMBEDDING_SIZE
FEATURE_BATCH = 16
SMALLEST_VARIANCE = 1e-6  # the root of 0 has no gradient
SMALLEST_SPREAD = 1e-3

Mirrors = Sequence[tuple[int, ...]]
"""Mirror images by the axes (1 down, 2 across) of NHWC pixels that each turns round; the first is ()."""

UPRIGHT: Mirrors = ((),)
MIRRORS: dict[str, Mirrors] = {
    "none": UPRIGHT,
    "horizontal": ((), (2,)),
    "mirrored": ((), (2,), (1,), (1, 2)),
    "dihedral": ((), (2,), (1,), (1, 2)),
}


class PooledNetwork(nn.Module):
    """From uint8 NHWC pixels to `outputs` numbers; features are the top layer's mean and three levels' mean
    and standard deviation.
    """

    def __init__(self, outputs: int, *, frozen_stages: int = 2, dropout: float = 0.2) -> None:
        super().__init__()
        self.backbone = EfficientNetLite0(frozen_stages=frozen_stages, with_top=True)
        self.dropout = dropout
        self.register_buffer("feature_mean", torch.zeros(FEATURES))
        self.register_buffer("feature_spread", torch.ones(FEATURES))
        self.head = nn.Linear(FEATURES, outputs)

    def forward(self, image_NHWC: Tensor) -> Tensor:
        """Return (N, outputs)."""
        return self.answer(*self.pool(image_NHWC))

    def pool(self, image_NHWC: Tensor) -> tuple[Tensor, Tensor]:
        """Return the top layer's mean (N, 1280) and the embedding (N, 944)."""
        pixels = (image_NHWC.permute(0, 3, 1, 2).float() - 127.0) / 128.0
        features = self.backbone(pixels.contiguous(memory_format=torch.channels_last))
        return self.backbone.pool_top(features).float(), pool_levels(features).float()

    def pool_mirrors(self, image_NHWC: Tensor, mirrors: Mirrors) -> tuple[Tensor, Tensor, Tensor]:
        """Return `pool` averaged over mirror images, and the embedding (N, 944) of the upright one."""
        if len(mirrors) == 1:
            top, levels = self.pool(image_NHWC)
            return top, levels, levels
        seen = torch.cat([image_NHWC.flip(axes) if axes else image_NHWC for axes in mirrors])
        tops, planes = (part.reshape(len(mirrors), -1, part.shape[1]) for part in self.pool(seen))
        return tops.mean(0), planes.mean(0), planes[0]

    def answer(self, top: Tensor, levels: Tensor) -> Tensor:
        """Return (N, outputs) from pooled features."""
        scaled = (torch.cat([top, levels], 1) - self.feature_mean) / self.feature_spread
        scaled = nn.functional.dropout(scaled, self.dropout, self.training)
        answer: Tensor = self.head(scaled)
        return answer

    @torch.no_grad()
    def start_from(
        self, features_NF: NDArray[np.float32], *, weights: NDArray[np.float64], bias: NDArray[np.float64]
    ) -> None:
        """Take over a linear model fitted on `features_NF` after standardising them."""
        mean, spread = standardise(features_NF)
        self.feature_mean = torch.from_numpy(mean).to(self.head.weight)
        self.feature_spread = torch.from_numpy(spread).to(self.head.weight)
        self.head.weight.copy_(torch.from_numpy(weights))
        self.head.bias.copy_(torch.from_numpy(bias))


class ExportedPooledNetwork(nn.Module):
    """The graph that is exported: uint8 NHWC to answers, averaged over mirror images, and embedding."""

    def __init__(self, network: PooledNetwork, mirrors: Mirrors = UPRIGHT) -> None:
        super().__init__()
        self.network, self.mirrors = network, mirrors

    def forward(self, image_NHWC: Tensor) -> tuple[Tensor, Tensor]:
        """Return (N, outputs) and (N, 944)."""
        top, levels, upright = self.network.pool_mirrors(image_NHWC, self.mirrors)
        return self.network.answer(top, levels), upright


def pool_levels(features: Sequence[Tensor]) -> Tensor:
    """Return (N, 944): mean and standard deviation over the plane of stages 2, 4 and 6."""
    parts: list[Tensor] = []
    for stage in EMBEDDING_STAGES:
        plane = features[stage].flatten(2)
        mean = plane.mean(2)
        variance = (plane * plane).mean(2) - mean * mean
        parts += [mean, variance.clamp_min(SMALLEST_VARIANCE).sqrt()]
    return torch.cat(parts, 1)


def standardise(features_NF: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return mean and spread of each feature; a feature that does not vary gets a spread of 1."""
    mean, spread = features_NF.mean(0), features_NF.std(0)
    return mean, np.where(spread > SMALLEST_SPREAD, spread, 1.0).astype(np.float32)


@torch.inference_mode()
def compute_features(
    network: PooledNetwork,
    pictures: Callable[[int], NDArray[np.uint8]],
    *,
    count: int,
    device: torch.device,
    mirrors: Mirrors = UPRIGHT,
) -> NDArray[np.float32]:
    """Return (count, 2224): the pooled features of pictures 0..count-1 over `mirrors`, nothing dropped."""
    network.eval()
    rows = []
    for start in range(0, count, FEATURE_BATCH):
        batch = np.stack([pictures(i) for i in range(start, min(count, start + FEATURE_BATCH))])
        top, levels, _ = network.pool_mirrors(torch.from_numpy(batch).to(device), mirrors)
        rows.append(torch.cat([top, levels], 1).cpu().numpy())
    return np.concatenate(rows) if rows else np.zeros((0, FEATURES), np.float32)


@torch.inference_mode()
def compute_answers(
    network: PooledNetwork,
    pictures: Callable[[int], NDArray[np.uint8]],
    *,
    count: int,
    device: torch.device,
    mirrors: Mirrors = UPRIGHT,
) -> NDArray[np.float64]:
    """Return (count, outputs) for pictures 0..count-1, each averaged over its mirror images.

    The head is linear, so averaging features is averaging answers.
    """
    features = compute_features(network, pictures, count=count, device=device, mirrors=mirrors)
    if not len(features):
        return np.zeros((0, network.head.out_features))
    pooled = torch.from_numpy(features).to(device)
    answers = network.answer(pooled[:, :TOP_CHANNELS], pooled[:, TOP_CHANNELS:])
    return answers.cpu().numpy().astype(np.float64)
