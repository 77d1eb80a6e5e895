"""Datasets: named lines of frozen, content-addressed versions.

Owns datasets, their versions with manifest, split and card, and the log of who opened a sealed test set.
Promises: no group, part, batch or near-duplicate on two sides of a split; the same content is the same
version; of a sealed version neither manifest nor listing shows the test set before it was opened.
Does not: decide what is true (review does), hide an image from somebody who may see images, or train.
"""

from perenne.hub.datasets.errors import TestSetSealed
from perenne.hub.datasets.service import (
    freeze_dataset,
    get_dataset,
    get_dataset_version,
    is_open,
    read_manifest_bytes,
    record_opening,
    require_version_in_sites,
    version_items,
    version_name,
)
from perenne.hub.datasets.tables import DatasetItemRow, DatasetRow, DatasetVersionRow

__all__ = [
    "DatasetItemRow",
    "DatasetRow",
    "DatasetVersionRow",
    "TestSetSealed",
    "freeze_dataset",
    "get_dataset",
    "get_dataset_version",
    "is_open",
    "read_manifest_bytes",
    "record_opening",
    "require_version_in_sites",
    "version_items",
    "version_name",
]
