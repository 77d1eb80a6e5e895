"""Use cases of ground truth: accept it in bulk, match what waited, read what stands."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from perenne.hub.accounts import Actor, record_event, system_actor
from perenne.hub.annotation import LabelSchemaRow, get_schema
from perenne.hub.images import ImageRow, images_where, note_truth
from perenne.hub.review import queries
from perenne.hub.review.errors import SiteNeeded, TruthAmbiguous
from perenne.hub.review.rules import Draw, check_part_images, check_time, judge_truth, settle_draw
from perenne.hub.review.tables import GroundTruthRow
from perenne.hub.sites import get_site
from perenne.kit.errors import NotFound, PerenneError
from perenne.kit.ids import new_id
from perenne.kit.paging import Page, decode_cursor, encode_cursor
from perenne.problems import PROBLEMS, TargetInvalid
from perenne.wire.truth import KEYS, Truth, TruthAnswer, TruthItem, TruthRefusal, TruthState

MOST_TOLD = 1_000
_PLAIN = [name for name in Truth.model_fields if name not in ("label_schema", "problem")]
_COLUMNS = {"image_id": "id", "sha256": "sha256", "external_id": "external_id", "part_id": "part_id"}


def give_truth(
    session: Session,
    actor: Actor,
    *,
    label_schema: str,
    source: str,
    items: Sequence[TruthItem],
    now: datetime,
    draw: Draw | None = None,
) -> list[TruthAnswer]:
    """Return what became of each truth, in order; a refused one stops no other. Raises: NotFound (schema).

    `draw`: how the images were chosen for labelling, where an item does not say so itself.
    """
    schema = get_schema(session, actor, label_schema)
    desk = _Desk(session, actor, schema, source=source, now=now, draw=draw or Draw())
    desk.look_up(items)
    answers = []
    for index, item in enumerate(items):
        try:
            answers.append(desk.take(index, item))
        except PerenneError as error:
            refusal = TruthRefusal(code=error.code, detail=error.detail, remedy=error.remedy)
            answers.append(TruthAnswer(index=index, state="refused", refusal=refusal))
    desk.write()
    counts = {state: sum(a.state == state for a in answers) for state in ("accepted", "pending", "refused")}
    told = {"source": source, "stream": (draw or Draw()).stream, **counts}
    record_event(session, actor, "truth.given", "label-schema", schema.id, told)
    return answers


def accepted_truth(
    session: Session, actor: Actor, *, schema_id: str, image_ids: Iterable[str] | None = None
) -> list[GroundTruthRow]:
    """Return the truth that stands for each image under a schema; for all images when none are named."""
    if image_ids is None:
        return list(queries.all_standing(session, actor, schema_id=schema_id))
    found = queries.standing_of_images(session, actor, schema_id=schema_id, image_ids=image_ids)
    return list(found.values())


def find_truths(
    session: Session,
    actor: Actor,
    *,
    image_id: str | None = None,
    part_id: str | None = None,
    schema_id: str | None = None,
    standing_only: bool = False,
    cursor: str | None = None,
    limit: int,
) -> Page[GroundTruthRow]:
    """Return truths with their history, newest first."""
    rows = queries.truths_before(
        session,
        actor,
        image_id=image_id,
        part_id=part_id,
        schema_id=schema_id,
        standing_only=standing_only,
        before_id=decode_cursor(cursor, parts=1)[0] if cursor else None,
        limit=limit,
    )
    return Page(rows, encode_cursor(rows[-1].id) if len(rows) == limit else None)


def truths_of_image(session: Session, actor: Actor, image: ImageRow) -> list[Truth]:
    """Return the truths of an image as the wire has them, newest first, those that were superseded too."""
    page = find_truths(session, actor, image_id=image.id, limit=MOST_TOLD)
    return tell_truths(session, actor, page.items)


def tell_truths(session: Session, actor: Actor, rows: Sequence[GroundTruthRow]) -> list[Truth]:
    """Return truths as the wire has them, with the names of their schemas."""
    schemas = queries.schemas_by_id(session, actor, {row.schema_id for row in rows})
    return [
        Truth(
            label_schema=schemas[row.schema_id].slug,
            problem=schemas[row.schema_id].problem,
            **{name: getattr(row, name) for name in _PLAIN},
        )
        for row in rows
    ]


def match_waiting_truth(session: Session, actor: Actor, images: Sequence[ImageRow]) -> None:
    """Give arriving images the truth that waits for their part; whoever brought them need not see it."""
    by_part: dict[str, list[ImageRow]] = defaultdict(list)
    for image in images:
        if image.part_id is not None and image.kind == "capture":
            by_part[image.part_id].append(image)
    if not by_part:
        return
    system = system_actor(actor.organisation_id)
    waiting = queries.waiting_for(session, system, by_part)
    if not waiting:
        return
    schemas = queries.schemas_by_id(session, system, {row.schema_id for row in waiting})
    matched: set[tuple[str, str]] = set()
    told: dict[str, dict[str, dict[str, Any]]] = defaultdict(dict)
    for truth in waiting:
        for image in by_part[str(truth.part_id)]:
            pair = (image.id, truth.schema_id)
            fits = truth.site_id in (None, image.site_id) and pair not in matched
            if fits and _may_take(session, system, truth, image, schemas[truth.schema_id]):
                session.add(_copy_for(truth, image))
                matched.add(pair)
                told[truth.schema_id][image.id] = truth.target
    session.flush()
    for schema_id, targets in told.items():
        note_truth(session, system, schema_id=schema_id, targets=targets)


def _may_take(
    session: Session, system: Actor, truth: GroundTruthRow, image: ImageRow, schema: LabelSchemaRow
) -> bool:
    """Say whether a part's truth speaks of this image: boxes only of a single image, and only inside it."""
    if schema.problem != "detection":
        return True
    if queries.count_part_images(session, system, part_id=str(truth.part_id), site_id=image.site_id) > 1:
        return False
    try:
        size = (image.width, image.height)
        PROBLEMS.get(schema.problem).parse_truth(truth.target, schema.classes, size=size)
    except TargetInvalid:
        return False
    return True


def _copy_for(truth: GroundTruthRow, image: ImageRow) -> GroundTruthRow:
    return GroundTruthRow(
        id=new_id("gts"),
        organisation_id=truth.organisation_id,
        image_id=image.id,
        part_id=truth.part_id,
        site_id=image.site_id,
        schema_id=truth.schema_id,
        target=truth.target,
        source=truth.source,
        given_by=truth.given_by,
        given_at=truth.given_at,
        stream=truth.stream,
        inclusion_probability=truth.inclusion_probability,
    )


class _Desk:
    """Takes the truths of one request: everything needed is asked first, everything new is written last."""

    def __init__(
        self,
        session: Session,
        actor: Actor,
        schema: LabelSchemaRow,
        *,
        source: str,
        now: datetime,
        draw: Draw,
    ) -> None:
        self._session = session
        self._actor = actor
        self._schema = schema
        self._problem = PROBLEMS.get(schema.problem)
        self._source = source
        self._now = now
        self._draw = draw
        self._images: dict[str, dict[str, list[ImageRow]]] = {}
        self._standing: dict[str, GroundTruthRow] = {}
        self._parts: dict[tuple[str, str | None], GroundTruthRow] = {}
        self._sites: dict[str, str] = {}
        self._told: dict[str, dict[str, Any]] = {}

    def look_up(self, items: Sequence[TruthItem]) -> None:
        """Find all images that the items name, and what stands for them, with few questions."""
        everyone: set[str] = set()
        for key, column in _COLUMNS.items():
            values = {value for item in items if (value := getattr(item, key)) is not None}
            found: dict[str, list[ImageRow]] = defaultdict(list)
            for image in images_where(self._session, self._actor, column, values):
                found[str(getattr(image, column))].append(image)
                everyone.add(image.id)
            self._images[key] = found
        schema_id, parts = self._schema.id, {item.part_id for item in items if item.part_id is not None}
        self._standing = queries.standing_of_images(
            self._session, self._actor, schema_id=schema_id, image_ids=everyone
        )
        self._parts = queries.standing_of_parts(
            self._session, self._actor, schema_id=schema_id, part_ids=parts
        )

    def take(self, index: int, item: TruthItem) -> TruthAnswer:
        """Return what became of one item. Raises: PerenneError when it is refused."""
        given_at = item.given_at or self._now
        check_time(given_at, now=self._now)
        site_id = self._site(item)
        if item.part_id is not None:
            return self._take_part(index, item, site_id, given_at)
        image = self._one_image(item, site_id)
        target = self._parse(item.target, image)
        state = self._judge(image, target, given_at, part_id=None, draw=self._draw_of(item))
        return TruthAnswer(index=index, state=state, image_ids=[image.id])

    def write(self) -> None:
        """Write the new rows and note which images have a truth now, and which classes it names."""
        self._session.flush()
        note_truth(self._session, self._actor, schema_id=self._schema.id, targets=self._told)

    def _take_part(self, index: int, item: TruthItem, site_id: str | None, given_at: datetime) -> TruthAnswer:
        part_id = str(item.part_id)
        images = [image for image in self._images["part_id"].get(part_id, []) if image.kind == "capture"]
        images = [image for image in images if site_id in (None, image.site_id)]
        check_part_images(images, part_id=part_id, problem=self._schema.problem)
        targets = [self._parse(item.target, image) for image in images]
        whole = self._parse(item.target, None)
        draw = self._draw_of(item)
        state = self._judge_part(part_id, site_id, whole, given_at, draw=draw)
        if not images:
            waits: TruthState = "pending" if state == "accepted" else state
            return TruthAnswer(index=index, state=waits)
        states = [
            self._judge(image, target, given_at, part_id=part_id, draw=draw)
            for image, target in zip(images, targets, strict=True)
        ]
        best = next((s for s in ("accepted", "unchanged") if s in states), "outdated")
        ids = [image.id for image in images]
        return TruthAnswer(index=index, state=best, image_ids=ids)  # type: ignore[arg-type]

    def _draw_of(self, item: TruthItem) -> Draw:
        """Return how an item was drawn: what it says itself, else what the whole request says."""
        stream = item.stream or self._draw.stream
        chance = item.inclusion_probability
        if chance is None and stream == self._draw.stream:
            chance = self._draw.inclusion_probability
        return Draw(stream, chance)

    def _judge(
        self, image: ImageRow, target: dict[str, Any], given_at: datetime, *, part_id: str | None, draw: Draw
    ) -> TruthState:
        standing = self._standing.get(image.id)
        state = judge_truth(standing, target=target, given_at=given_at, draw=draw)
        if state == "unchanged":
            return state
        draw = settle_draw(standing, draw)
        row = self._row(target, given_at, draw, image_id=image.id, part_id=part_id, site_id=image.site_id)
        self._settle(row, standing, state)
        if state == "accepted":
            self._standing[image.id] = row
            self._told[image.id] = target
        return state

    def _judge_part(
        self, part_id: str, site_id: str | None, target: dict[str, Any], given_at: datetime, *, draw: Draw
    ) -> TruthState:
        key = (part_id, site_id)
        standing = self._parts.get(key)
        state = judge_truth(standing, target=target, given_at=given_at, draw=draw)
        if state == "unchanged":
            return state
        draw = settle_draw(standing, draw)
        row = self._row(target, given_at, draw, image_id=None, part_id=part_id, site_id=site_id)
        self._settle(row, standing, state)
        if state == "accepted":
            self._parts[key] = row
        return state

    def _settle(self, row: GroundTruthRow, standing: GroundTruthRow | None, state: TruthState) -> None:
        if standing is not None and state == "accepted":
            standing.superseded_by = row.id
        elif standing is not None:
            row.superseded_by = standing.id
        self._session.add(row)

    def _row(
        self,
        target: dict[str, Any],
        given_at: datetime,
        draw: Draw,
        *,
        image_id: str | None,
        part_id: str | None,
        site_id: str | None,
    ) -> GroundTruthRow:
        return GroundTruthRow(
            id=new_id("gts"),
            organisation_id=self._actor.organisation_id,
            image_id=image_id,
            part_id=part_id,
            site_id=site_id,
            schema_id=self._schema.id,
            target=target,
            source=self._source,
            given_by=self._actor.name,
            given_at=given_at,
            stream=draw.stream,
            inclusion_probability=draw.inclusion_probability,
        )

    def _parse(self, target: dict[str, Any], image: ImageRow | None) -> dict[str, Any]:
        size = None if image is None else (image.width, image.height)
        return self._problem.parse_truth(target, self._schema.classes, size=size).to_json()

    def _one_image(self, item: TruthItem, site_id: str | None) -> ImageRow:
        key = next(key for key in KEYS if getattr(item, key) is not None)
        name = str(getattr(item, key))
        images = [i for i in self._images[key].get(name, []) if site_id in (None, i.site_id)]
        if not images:
            raise NotFound.of("image", name)
        if len(images) > 1:
            raise TruthAmbiguous(
                f"{len(images)} images have the {key} '{name}' (first: {images[0].id}).",
                remedy="Name the image by image_id or sha256, or add the site.",
            )
        return images[0]

    def _site(self, item: TruthItem) -> str | None:
        """Return the id of the site that the item is about, None when it may be any."""
        if item.site is not None:
            if item.site not in self._sites:
                self._sites[item.site] = get_site(self._session, self._actor, item.site).id
            return self._sites[item.site]
        limits = self._actor.site_ids
        if item.part_id is None or limits is None:
            return None
        if len(limits) != 1:
            raise SiteNeeded(
                f"The truth of part '{item.part_id}' does not say at which of your {len(limits)} sites.",
                remedy="Add the site to the item.",
            )
        return next(iter(limits))
