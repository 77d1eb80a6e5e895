"""Freezing, without the database: from images and their truth to manifest, split and card.

Owns the order of the checks and what each refusal says. Refuses to write anything: it is given rows and a way
to read an image, and returns what is to be stored.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from perenne.hub.datasets.card import balance_kind, make_card
from perenne.hub.datasets.errors import BadSplitRule, SplitWouldLeak, TargetNotOfSchema
from perenne.hub.datasets.manifest import write_manifests
from perenne.hub.datasets.near_duplicates import find_near_duplicates, make_thumbnail
from perenne.hub.datasets.rules import (
    Candidate,
    Division,
    divide,
    find_leaks,
    group_of,
    sites_in_no_list,
    tie_together,
    twice_assigned,
    unknown_names,
)
from perenne.problems import PROBLEMS, TargetInvalid
from perenne.quality import ImageRefused, decode_upright
from perenne.wire.datasets import (
    SPLITS,
    DatasetCard,
    FreezeRequest,
    ManifestHeader,
    ManifestLine,
    Split,
    SplitRule,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from perenne.hub.datasets.queries import Material

SHOWN = 5
THUMBNAILS_KEPT = 20_000
Progress = Callable[[float, str], None]


@dataclass(frozen=True)
class SchemaNow:
    """The label schema as it stands when a version is frozen."""

    id: str
    slug: str
    problem: str
    classes: list[str]


@dataclass(frozen=True)
class Prepared:
    """A version before it has a number: everything that freezing decided."""

    manifest: bytes
    training_manifest: bytes
    classes: list[str]
    card: DatasetCard
    lines: list[ManifestLine]
    material: list["Material"]
    request: FreezeRequest


def prepare(
    material: Sequence["Material"],
    *,
    schema: SchemaNow,
    request: FreezeRequest,
    rule: SplitRule,
    previous: Mapping[str, Split],
    left_out: int,
    unlike: Mapping[str, int],
    read_image: Callable[[str], bytes],
    progress: Progress,
) -> Prepared:
    """Return what is to be stored of these images. `rule` is the request's, its sites as slugs.

    Raises: TargetNotOfSchema, BadSplitRule, SplitWouldLeak.
    """
    material = _with_sound_targets(material, schema)
    candidates = [_candidate(row, schema.problem) for row in material]
    _check_rule(candidates, rule)
    progress(0.1, "Looking for near-duplicates")
    pairs = _near_pairs(material, candidates, rule, read_image, progress)
    progress(0.7, "Dividing into train, validation and test")
    division = divide(candidates, rule=rule, near_pairs=pairs, previous=previous)
    _check_leaks(division, candidates, pairs)
    lines = [
        _line(row, group_of(candidate), split)
        for row, candidate, split in zip(material, candidates, division.splits, strict=True)
    ]
    card = make_card(
        lines,
        problem=schema.problem,
        classes=schema.classes,
        ties=division.ties,
        near_pairs=len(pairs),
        truth_sources=(row.source for row in material),
        left_out=left_out,
        unlike=unlike,
        warnings=division.warnings,
    )
    progress(0.8, "Writing the manifest")
    header = ManifestHeader(
        problem=schema.problem, classes=schema.classes, schema_id=schema.id, splits=list(SPLITS)
    )
    manifest, training_manifest = write_manifests(header, lines)
    return Prepared(
        manifest=manifest,
        training_manifest=training_manifest,
        classes=schema.classes,
        card=card,
        lines=lines,
        material=material,
        request=request,
    )


def _with_sound_targets(material: Sequence["Material"], schema: SchemaNow) -> list["Material"]:
    """Return the material with canonical targets. Raises: TargetNotOfSchema."""
    problem = PROBLEMS.get(schema.problem)
    sound, bad = [], []
    for row in material:
        try:
            target = problem.parse_truth(row.target, schema.classes, size=(row.width, row.height))
            sound.append(row._replace(target=target.to_json()))
        except TargetInvalid as error:
            bad.append(f"{row.image_id}: {error.detail}")
    if bad:
        raise TargetNotOfSchema(
            f"{len(bad)} ground truths do not fit schema '{schema.slug}' (first: {'; '.join(bad[:SHOWN])}).",
            remedy="Correct these truths, or add the missing classes to the schema.",
            count=len(bad),
        )
    return sound


def _candidate(row: "Material", problem: str) -> Candidate:
    return Candidate(
        image_id=row.image_id,
        site=row.site,
        at=row.taken_at,
        group_key=row.group_key,
        batch_id=row.batch_id,
        part_id=row.part_id,
        kind=balance_kind(problem, row.target),
    )


def _check_rule(candidates: Sequence[Candidate], rule: SplitRule) -> None:
    problems = {
        "no image belongs to the assigned groups": unknown_names(candidates, rule),
        "assigned to two splits": twice_assigned(rule),
        "in no list of sites, while both train and test sites are named": sites_in_no_list(
            (candidate.site for candidate in candidates), rule
        ),
    }
    for what, names in problems.items():
        if names:
            raise BadSplitRule(
                f"The split rule cannot be used: {what}: {', '.join(names[:SHOWN])} ({len(names)} in all).",
                remedy="Correct these names in the rule.",
                names=names[:100],
            )


def _near_pairs(
    material: Sequence["Material"],
    candidates: Sequence[Candidate],
    rule: SplitRule,
    read_image: Callable[[str], bytes],
    progress: Progress,
) -> list[tuple[int, int]]:
    if rule.near_duplicates == "ignore":
        return []
    looked_at = 0

    @lru_cache(maxsize=THUMBNAILS_KEPT)
    def thumbnail(index: int) -> "NDArray[Any] | None":
        nonlocal looked_at
        looked_at += 1
        if looked_at % 200 == 0:
            progress(0.1 + 0.6 * min(1.0, looked_at / len(material)), f"Compared {looked_at} images")
        try:
            return make_thumbnail(decode_upright(read_image(material[index].sha256)))
        except ImageRefused:
            return None

    return find_near_duplicates(
        [row.difference_hash for row in material],
        bits=rule.near_duplicate_bits,
        ties=tie_together(candidates, []),
        thumbnail=thumbnail,
    )


def _check_leaks(
    division: Division, candidates: Sequence[Candidate], pairs: Sequence[tuple[int, int]]
) -> None:
    leaks = division.leaks or find_leaks(candidates, division.splits, pairs)
    if leaks:
        named = "; ".join(str(leak) for leak in leaks[:SHOWN])
        raise SplitWouldLeak(
            f"The split would put what belongs together on two sides, {len(leaks)} times: {named}"
            + ("; …" if len(leaks) > SHOWN else "."),
            remedy="Change the rule; or set conflicts to 'join': whole groups move to the stricter side. "
            "If names only look the same, put the site into the part, batch or group name.",
            count=len(leaks),
            pairs=[[leak.image_a, leak.image_b, leak.link] for leak in leaks[:100]],
        )


def _line(row: "Material", group: str, split: Split) -> ManifestLine:
    return ManifestLine(
        image=row.sha256,
        image_id=row.image_id,
        bytes=row.bytes,
        format=row.format,
        width=row.width,
        height=row.height,
        split=split,
        group=group,
        site=row.site,
        line=row.line,
        station=row.station,
        product=row.product,
        captured_at=row.captured_at,
        reference=row.reference,
        reference_id=row.reference_id,
        target=row.target,
    )
