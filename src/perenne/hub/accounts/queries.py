"""All SQL of accounts, and the scoping clause that every other room's SQL starts from."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, delete, false, or_, select, update
from sqlalchemy.orm import Session

from perenne.hub.accounts.rules import INSTANCE, Actor
from perenne.hub.accounts.tables import AuditRow, BrowserSessionRow, OrganisationRow, TokenRow, UserRow


def visible_to(actor: Actor, table: Any) -> list[ColumnElement[bool]]:
    """Return the clauses that limit `table` to what `actor` may see.

    The organisation always; the actor's sites too when it is limited to some and the table names a site
    (column `site_id`, or the one that the table declares as `__site_column__`).
    """
    if actor.organisation_id == INSTANCE:
        return [false()]
    clauses: list[ColumnElement[bool]] = [table.organisation_id == actor.organisation_id]
    if actor.site_ids is not None:
        column = getattr(table, getattr(table, "__site_column__", "site_id"), None)
        if column is not None:
            clauses.append(column.in_(sorted(actor.site_ids)))
    return clauses


def organisation_by_slug(session: Session, slug: str) -> OrganisationRow | None:
    return session.scalar(select(OrganisationRow).where(OrganisationRow.slug == slug))


def organisation_by_id(session: Session, organisation_id: str) -> OrganisationRow | None:
    return session.get(OrganisationRow, organisation_id)


def all_organisations(session: Session) -> Sequence[OrganisationRow]:
    return session.scalars(select(OrganisationRow).order_by(OrganisationRow.slug)).all()


def user_by_email(session: Session, email: str) -> UserRow | None:
    return session.scalar(select(UserRow).where(UserRow.email == email.lower()))


def user_by_id(session: Session, actor: Actor, user_id: str) -> UserRow | None:
    return session.scalar(select(UserRow).where(*visible_to(actor, UserRow), UserRow.id == user_id))


def person_behind(session: Session, actor: Actor) -> UserRow | None:
    mine = (UserRow.organisation_id == actor.organisation_id, UserRow.id == actor.principal_id)
    return session.scalar(select(UserRow).where(*mine))


def users_after(session: Session, actor: Actor, *, after_id: str, limit: int) -> Sequence[UserRow]:
    wanted = select(UserRow).where(*visible_to(actor, UserRow), UserRow.id > after_id)
    return session.scalars(wanted.order_by(UserRow.id).limit(limit)).all()


def token_with_user(session: Session, token_id: str) -> tuple[TokenRow, UserRow | None] | None:
    token = session.get(TokenRow, token_id)
    if token is None:
        return None
    return token, None if token.user_id is None else session.get(UserRow, token.user_id)


def browser_session_with_user(session: Session, session_id: str) -> tuple[BrowserSessionRow, UserRow] | None:
    wanted = select(BrowserSessionRow, UserRow).join(UserRow, UserRow.id == BrowserSessionRow.user_id)
    found = session.execute(wanted.where(BrowserSessionRow.id == session_id)).first()
    return None if found is None else (found[0], found[1])


def mark_browser_session_seen(session: Session, session_id: str, at: datetime) -> None:
    row = session.get(BrowserSessionRow, session_id)
    if row is not None:
        row.last_seen_at = at


def end_browser_session(session: Session, session_id: str, *, secret_sha256: str | None = None) -> None:
    """End a session, with `secret_sha256` only that of whoever holds its secret."""
    ended = delete(BrowserSessionRow).where(BrowserSessionRow.id == session_id)
    if secret_sha256 is not None:
        ended = ended.where(BrowserSessionRow.secret_sha256 == secret_sha256)
    session.execute(ended)


def take_browser_session(session: Session, session_id: str) -> bool:
    """End a session and say whether it was there to end: of two who try, one succeeds."""
    gone = delete(BrowserSessionRow).where(BrowserSessionRow.id == session_id).returning(BrowserSessionRow.id)
    return session.scalar(gone) is not None


def limit_browser_session(session: Session, session_id: str, *, expires_at: datetime) -> None:
    limited = update(BrowserSessionRow).where(BrowserSessionRow.id == session_id)
    session.execute(limited.values(expires_at=expires_at))


def end_browser_sessions(session: Session, user_id: str) -> None:
    session.execute(delete(BrowserSessionRow).where(BrowserSessionRow.user_id == user_id))


def sweep_browser_sessions(session: Session, *, now: datetime, idle_since: datetime) -> None:
    dead = or_(BrowserSessionRow.expires_at <= now, BrowserSessionRow.last_seen_at <= idle_since)
    session.execute(delete(BrowserSessionRow).where(dead))


def tokens_after(
    session: Session, actor: Actor, *, user_id: str | None, after_id: str, limit: int
) -> Sequence[TokenRow]:
    wanted = select(TokenRow).where(TokenRow.organisation_id == actor.organisation_id, TokenRow.id > after_id)
    if user_id is not None:
        wanted = wanted.where(TokenRow.user_id == user_id)
    return session.scalars(wanted.order_by(TokenRow.id).limit(limit)).all()


def token_by_id(session: Session, actor: Actor, token_id: str) -> TokenRow | None:
    wanted = select(TokenRow).where(
        TokenRow.organisation_id == actor.organisation_id, TokenRow.id == token_id
    )
    return session.scalar(wanted)


def audit_before(
    session: Session, actor: Actor, *, before_id: str | None, object_id: str | None, limit: int
) -> Sequence[AuditRow]:
    wanted = select(AuditRow).where(*visible_to(actor, AuditRow))
    if object_id is not None:
        wanted = wanted.where(AuditRow.object_id == object_id)
    if before_id is not None:
        wanted = wanted.where(AuditRow.id < before_id)
    return session.scalars(wanted.order_by(AuditRow.id.desc()).limit(limit)).all()


def mark_token_used(session: Session, token_id: str, at: datetime) -> None:
    row = session.get(TokenRow, token_id)
    if row is not None:
        row.last_used_at = at
