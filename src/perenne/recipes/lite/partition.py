"""Which items teach and which are kept aside to choose by.

Owns the split of a run without a validation part. Refuses to put a group on both sides.
"""

from collections.abc import Sequence

import numpy as np

from perenne.recipes.contract import TrainingItem
from perenne.recipes.errors import EmptyDataset

VALIDATION_SHARE = 1 / 8


def part_items(
    items: Sequence[TrainingItem], *, seed: int, strata: Sequence[str] | None = None
) -> tuple[list[TrainingItem], list[TrainingItem]]:
    """Return training and validation items with ground truth.

    Without a validation part an eighth of the groups is taken from the training part, evenly over `strata`
    (one a training item with truth; the group's first counts). Raises: EmptyDataset.
    """
    known = [item for item in items if item.target is not None]
    train = [item for item in known if item.split == "train"]
    val = [item for item in known if item.split == "val"]
    if not train:
        raise EmptyDataset(
            f"No training image among {len(items)} has a ground truth.",
            remedy="Give the dataset version a training split with ground truth.",
        )
    if val:
        return train, val
    stratum_of: dict[str, str] = {}
    for item, stratum in zip(train, strata or [""] * len(train), strict=True):
        stratum_of.setdefault(item.group, stratum)
    rng, held = np.random.default_rng(seed), set[str]()
    for stratum in sorted(set(stratum_of.values())):
        groups = sorted(group for group, name in stratum_of.items() if name == stratum)
        if len(groups) > 1:
            order = rng.permutation(len(groups))
            held |= {groups[i] for i in order[: max(1, round(len(groups) * VALIDATION_SHARE))]}
    if not held or len(held) == len(stratum_of):
        return train, train
    return [i for i in train if i.group not in held], [i for i in train if i.group in held]
