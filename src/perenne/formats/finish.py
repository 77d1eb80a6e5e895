"""The checks that every format needs once its items are read: same content twice, then the counts.

Owns the search for one image under two names. Refuses to choose between two truths of the same pixels.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from perenne.formats.folders import NameRefused, read_header
from perenne.formats.items import ImportReport, LabelledItem
from perenne.kit.hashing import sha256_file


def finish_items(items: list[LabelledItem], report: ImportReport) -> list[LabelledItem]:
    """Return the items that can be sent, contradictions without their truth, and fill the report's counts."""
    for twins in _same_content(items):
        names = ", ".join(item.file_name for item in twins[:4])
        truths = [item.target for item in twins if item.target is not None]
        if all(truth == truths[0] for truth in truths[1:]):
            report.warn(
                "same-image-twice", names, "these files hold the very same image.",
                "One image is stored; nothing to do unless their context differs.",
            )  # fmt: skip
            continue
        report.error(
            "contradicting-truths", names, "these files hold the very same image with different truths.",
            "Keep one of them; none of these truths is imported.",
        )  # fmt: skip
        items = without_truth(items, {item.file_name for item in twins}, report)
    report.count(items)
    return items


def without_truth(items: list[LabelledItem], names: set[str], report: ImportReport) -> list[LabelledItem]:
    """Return the items, those called `names` without their truth, counted as left out."""
    report.truth_left_out += sum(item.file_name in names and item.target is not None for item in items)
    return [replace(item, target=None) if item.file_name in names else item for item in items]


def readable(path: Path, report: ImportReport, where: str) -> bool:
    """Say whether the header is that of an image, and note the error when not."""
    try:
        read_header(path)
    except NameRefused as refusal:
        report.error("not-an-image", where, f"{refusal}.", "Replace the file, or take it out of the set.")
        return False
    return True


def _same_content(items: Iterable[LabelledItem]) -> list[list[LabelledItem]]:
    """Return groups of items with identical bytes; only files of equal size are hashed."""
    by_size: dict[int, list[LabelledItem]] = defaultdict(list)
    for item in items:
        by_size[item.path.stat().st_size].append(item)
    groups: list[list[LabelledItem]] = []
    for same_size in by_size.values():
        by_hash: dict[str, list[LabelledItem]] = defaultdict(list)
        if len(same_size) > 1:
            for item in same_size:
                by_hash[sha256_file(item.path)].append(item)
        groups += [twins for twins in by_hash.values() if len(twins) > 1]
    return groups
