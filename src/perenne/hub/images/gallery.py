"""The gallery: what is told of images in short, and how a hundred thousand of them are walked through.

Owns tiles, landmarks (the cursors of every so many images, so that a person can jump anywhere) and the notes
that predictions and truths leave on an image. Refuses to look into predictions or truths to find an image:
what may be asked for is written down when it is said.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from perenne.hub.accounts import Actor
from perenne.hub.images import queries
from perenne.hub.images.queries import ImageFilter
from perenne.hub.images.rules import PredictionNote, classes_in
from perenne.kit.paging import Page, decode_cursor, encode_cursor

PREDICTION = "prediction"
"""The origin of the classes that the latest prediction named; those of a truth have its schema's id."""


@dataclass(frozen=True)
class Landmarks:
    """How many images there are, and the cursor at which each page of `every` begins (None: the first)."""

    total: int
    every: int
    cursors: list[str | None]


def find_tiles(
    session: Session, actor: Actor, wanted: ImageFilter, *, cursor: str | None, limit: int
) -> Page[Any]:
    """Return what a gallery draws of images, newest first. Raises: BadCursor."""
    before = decode_cursor(cursor, parts=1)[0] if cursor else None
    rows = queries.tiles_before(session, actor, wanted, before_id=before, limit=limit)
    return Page(rows, encode_cursor(rows[-1].id) if len(rows) == limit else None)


def find_landmarks(session: Session, actor: Actor, wanted: ImageFilter, *, every: int) -> Landmarks:
    """Return the cursors of all pages of `every` images: what a scroll bar needs to jump."""
    total, ids = queries.landmark_ids(session, actor, wanted, every=every)
    pages = -(-total // every)
    starts = [None, *(encode_cursor(image_id) for image_id in ids)]
    return Landmarks(total=total, every=every, cursors=starts[:pages])


def note_prediction(session: Session, actor: Actor, *, image_id: str, note: PredictionNote) -> None:
    """The image can be found by its latest prediction, which is this one."""
    queries.set_last_prediction(session, actor, image_id=image_id, note=note)
    queries.replace_classes(session, actor, origin=PREDICTION, classes={image_id: note.classes})


def note_truth(
    session: Session, actor: Actor, *, schema_id: str, targets: Mapping[str, Mapping[str, Any]]
) -> None:
    """The images have an accepted truth, and can be found by the classes that it names now."""
    queries.set_has_truth(session, actor, targets, has_truth=True)
    classes = {image_id: classes_in(target) for image_id, target in targets.items()}
    queries.replace_classes(session, actor, origin=schema_id, classes=classes)
