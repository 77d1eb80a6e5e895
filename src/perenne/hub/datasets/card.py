"""The dataset card: what is inside a version, counted and said in words.

Owns the counts and the warnings about them. Refuses a count without its split or site where these matter.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from perenne.wire.datasets import SPLITS, DatasetCard, ManifestLine

FEW_GROUPS_A_SITE = 10


def kinds_of(problem: str, target: dict[str, Any]) -> list[str]:
    """Return under which classes an image counts: its class; the classes of its boxes, or `(none)`.

    >>> kinds_of("detection", {"boxes": [{"box": [0, 0, 1, 1], "class": "open"}] * 2})
    ['open']
    >>> kinds_of("detection", {"boxes": []}), kinds_of("regression", {"value": 1.0})
    (['(none)'], [])
    """
    if problem == "classification":
        return [str(target["class"])]
    if problem == "detection":
        return sorted({str(box["class"]) for box in target["boxes"]}) or ["(none)"]
    return []


def balance_kind(problem: str, target: dict[str, Any]) -> str:
    """Return the rough class by which the splits are balanced."""
    if problem == "detection":
        return "objects" if target["boxes"] else "empty"
    return str(target["class"]) if problem == "classification" else ""


def make_card(
    lines: Sequence[ManifestLine],
    *,
    problem: str,
    classes: Sequence[str],
    ties: Sequence[int],
    near_pairs: int,
    truth_sources: Iterable[str],
    left_out: int,
    unlike: Mapping[str, int],
    warnings: Sequence[str],
) -> DatasetCard:
    """Return the card of these lines; `ties` are the indivisible units, in the order of the lines.

    `unlike` counts by reason code the images left out because they are unlike their station's production.
    """
    from perenne.quality.closeness import say_code

    splits = Counter(str(line.split) for line in lines)
    groups: dict[str, set[int]] = defaultdict(set)
    site_groups: dict[str, set[int]] = defaultdict(set)
    sites_per_split: dict[str, Counter[str]] = {split: Counter() for split in SPLITS}
    classes_per_split: dict[str, Counter[str]] = {split: Counter() for split in SPLITS}
    classes_per_site: dict[str, Counter[str]] = defaultdict(Counter)
    for line, tie in zip(lines, ties, strict=True):
        groups[line.split].add(tie)
        site_groups[line.site].add(tie)
        sites_per_split[line.split][line.site] += 1
        for kind in kinds_of(problem, line.target):
            classes_per_split[line.split][kind] += 1
            classes_per_site[line.site][kind] += 1
    times = sorted(line.captured_at for line in lines if line.captured_at is not None)
    counted = sum(classes_per_site.values(), Counter())
    card = DatasetCard(
        n_images=len(lines),
        n_groups=len(set(ties)),
        n_near_duplicate_pairs=near_pairs,
        splits={split: splits[split] for split in SPLITS},
        groups_per_split={split: len(groups[split]) for split in SPLITS},
        sites=dict(Counter(line.site for line in lines)),
        products=dict(Counter(line.product or "(none)" for line in lines)),
        classes={**{name: counted[name] for name in classes}, **counted},
        objects=_count_objects(problem, lines),
        sites_per_split={split: dict(found) for split, found in sites_per_split.items()},
        classes_per_split={split: dict(found) for split, found in classes_per_split.items()},
        classes_per_site={site: dict(found) for site, found in classes_per_site.items()},
        values=_describe_values(problem, lines),
        captured_from=times[0] if times else None,
        captured_to=times[-1] if times else None,
        truth_sources=dict(Counter(truth_sources)),
        n_left_out_without_truth=left_out,
        n_left_out_unlike=sum(unlike.values()),
        left_out_unlike={say_code(code): count for code, count in sorted(unlike.items())},
        warnings=[*warnings, *_look_twice(classes, classes_per_split, counted, site_groups)],
        summary="",
    )
    return card.model_copy(update={"summary": _say(card, problem)})


def hide_test(card: DatasetCard) -> DatasetCard:
    """Return the card of a sealed version: of its test set only the sizes, never the targets."""
    train_val = [card.classes_per_split.get(split, {}) for split in ("train", "val")]
    shown = sum((Counter(found) for found in train_val), Counter())
    return card.model_copy(
        update={
            "classes": {name: shown[name] for name in card.classes},
            "classes_per_split": {s: f for s, f in card.classes_per_split.items() if s != "test"},
            "classes_per_site": {},
            "objects": {},
            "values": None,
        }
    )


def _count_objects(problem: str, lines: Sequence[ManifestLine]) -> dict[str, int]:
    if problem != "detection":
        return {}
    return dict(Counter(str(box["class"]) for line in lines for box in line.target["boxes"]))


def _describe_values(problem: str, lines: Sequence[ManifestLine]) -> dict[str, float] | None:
    if problem != "regression" or not lines:
        return None
    values = sorted(float(line.target["value"]) for line in lines)
    middle = values[len(values) // 2] if len(values) % 2 else sum(values[len(values) // 2 - 1 :][:2]) / 2
    return {"min": values[0], "median": middle, "mean": sum(values) / len(values), "max": values[-1]}


def _look_twice(
    classes: Sequence[str],
    per_split: dict[str, Counter[str]],
    counted: Counter[str],
    site_groups: dict[str, set[int]],
) -> list[str]:
    warnings = [f"Class '{name}' has no image." for name in classes if not counted[name]]
    for split in SPLITS:
        missing = [name for name in classes if counted[name] and not per_split[split][name]]
        if missing and per_split[split]:
            warnings.append(f"The {split} split has no image of: {', '.join(missing)}.")
    few = sorted(site for site, found in site_groups.items() if len(found) < FEW_GROUPS_A_SITE)
    if few:
        warnings.append(f"Fewer than {FEW_GROUPS_A_SITE} independent groups at: {', '.join(few)}.")
    return warnings


def _say(card: DatasetCard, problem: str) -> str:
    largest_first = sorted(card.sites.items(), key=lambda site: (-site[1], site[0]))
    sites = ", ".join(f"{site} {count}" for site, count in largest_first)
    parts = [
        f"{card.n_images} images for {problem} from {len(card.sites)} site(s): {sites}.",
        f"{card.n_groups} groups that are never divided.",
        f"Train {card.splits['train']}, validation {card.splits['val']}, test {card.splits['test']}.",
    ]
    if card.captured_from and card.captured_to:
        parts.append(f"Captured {card.captured_from:%Y-%m-%d} to {card.captured_to:%Y-%m-%d}.")
    if card.n_left_out_without_truth:
        left_out = card.n_left_out_without_truth
        parts.append(f"{left_out} images were left out: they have no accepted ground truth.")
    if card.n_left_out_unlike:
        reasons = "; ".join(f"{words}: {count}" for words, count in card.left_out_unlike.items())
        parts.append(
            f"{card.n_left_out_unlike} images were left out: unlike their station's production ({reasons})."
        )
    return " ".join(parts)
