"""Answers kept for requests that carry an idempotency key.

Owns: one row per organisation and key, held by the first request and filled with its answer.
Refuses a key that comes back with another request.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError

from perenne.hub.infra.database import Database
from perenne.hub.infra.tables import IdempotencyRow
from perenne.kit.errors import Conflict
from perenne.kit.ids import new_id

STALE_AFTER = timedelta(minutes=1)
UNDER_WAY = 0


class KeyReused(Conflict):
    """An idempotency key that came with another request before."""

    code = "idempotency-key-reused"
    title = "The idempotency key belongs to another request"


class StillUnderWay(Conflict):
    """The first request with this key is not answered yet."""

    code = "request-under-way"
    title = "The same request is under way"


@dataclass(frozen=True)
class KeptReply:
    """An answer given before."""

    status: int
    content_type: str
    body: str


def hold_key(
    database: Database, *, organisation_id: str, key: str, request_sha256: str, now: datetime
) -> KeptReply | str:
    """Return the answer kept under `key`, or the id of the row that this request holds from now on.

    A request that died with its process loses its hold after a minute.
    Raises: KeyReused, StillUnderWay.
    """
    row = IdempotencyRow(
        id=new_id("idk"),
        organisation_id=organisation_id,
        key=key,
        request_sha256=request_sha256,
        status=UNDER_WAY,
        content_type="",
        body="",
        created_at=now,
    )
    mine = (IdempotencyRow.organisation_id == organisation_id, IdempotencyRow.key == key)
    dead = (IdempotencyRow.status == UNDER_WAY, IdempotencyRow.created_at < now - STALE_AFTER)
    try:
        with database.transaction() as session:
            session.execute(delete(IdempotencyRow).where(*mine, *dead))
            session.add(row)
    except IntegrityError:
        with database.reading() as session:
            return _kept(
                session.scalars(select(IdempotencyRow).where(*mine)).one_or_none(), key, request_sha256
            )
    return row.id


def _kept(row: IdempotencyRow | None, key: str, request_sha256: str) -> KeptReply:
    if row is None or (row.status == UNDER_WAY and row.request_sha256 == request_sha256):
        raise StillUnderWay(
            f"The request with the idempotency key '{key}' is still under way.",
            remedy="Try again in a moment.",
        )
    if row.request_sha256 != request_sha256:
        raise KeyReused(
            f"The idempotency key '{key}' came with another request before.",
            remedy="Use a new key for each request.",
        )
    return KeptReply(row.status, row.content_type, row.body)


def keep_reply(database: Database, *, row_id: str, reply: KeptReply | None) -> None:
    """Keep the answer under the held key; None lets go of the key, so that the request can be tried again."""
    with database.transaction() as session:
        row = session.get(IdempotencyRow, row_id)
        if row is None:
            return
        if reply is None:
            session.delete(row)
            return
        row.status, row.content_type, row.body = reply.status, reply.content_type, reply.body
