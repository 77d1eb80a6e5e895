"""People signed in by a browser: a cookie that scripts cannot read, kept on the server, ended at once.

Owns the life of a session: 12 h idle, 7 days in all, a new secret at each sign-in and password change.
Refuses to say whether an account exists, and knows no HTTP.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from perenne.hub.accounts import queries
from perenne.hub.accounts.attempts import SignInAttempts
from perenne.hub.accounts.errors import BadCredentials, NoPerson, NotAllowed, NotSignedIn, WrongPassword
from perenne.hub.accounts.rules import Actor, permissions_of
from perenne.hub.accounts.service import LAST_USED_EVERY, record_event
from perenne.hub.accounts.tables import BrowserSessionRow, UserRow
from perenne.hub.infra.database import Database
from perenne.hub.infra.secrets import (
    hash_token,
    hashes_equal,
    make_session_secret,
    password_matches,
    session_id_of,
)
from perenne.hub.infra.services import Hub
from perenne.kit.ids import new_id

IDLE = timedelta(hours=12)
LIFETIME = timedelta(days=7)
INVITATION = timedelta(minutes=10)


@dataclass(frozen=True)
class BrowserSession:
    """A live session: its id and who it is."""

    id: str
    actor: Actor


def attempts_of(hub: Hub) -> SignInAttempts:
    """Return this process's counts of attempts to sign in."""
    found: SignInAttempts = hub.shared.setdefault("accounts.attempts", SignInAttempts())
    return found


def check_password(hub: Hub, *, email: str, password: str, address: str) -> UserRow:
    """Return the account that has this address and password, while no transaction is open.

    Raises: BadCredentials, the same for an unknown and a disabled account; TooManyAttempts.
    """
    attempts = attempts_of(hub)
    attempts.begin(email=email, address=address, now=hub.clock.now())
    with hub.database.reading() as session:
        user = queries.user_by_email(session, email)
    usable = user is not None and user.disabled_at is None
    if not password_matches(password, user.password_hash if user is not None and usable else None):
        raise BadCredentials(
            "No account has this e-mail address and password.", remedy="Check both, or ask an administrator."
        )
    assert user is not None
    attempts.succeed(email=email, address=address)
    return user


def open_session(
    session: Session, user: UserRow, *, now: datetime, replaces: str | None = None
) -> tuple[str, str]:
    """Return id and secret of a new session of `user`; the one it replaces is ended, and so are dead ones."""
    queries.sweep_browser_sessions(session, now=now, idle_since=now - IDLE)
    replaced = session_id_of(replaces or "")
    if replaces is not None and replaced is not None:
        queries.end_browser_session(session, replaced, secret_sha256=hash_token(replaces))
    session_id = new_id("ses")
    secret, kept = make_session_secret(session_id)
    session.add(
        BrowserSessionRow(
            id=session_id,
            organisation_id=user.organisation_id,
            user_id=user.id,
            secret_sha256=kept,
            last_seen_at=now,
            expires_at=now + LIFETIME,
        )
    )
    session.flush()
    return session_id, secret


def open_invitation(session: Session, *, actor: Actor, now: datetime) -> tuple[str, datetime]:
    """Return the secret of a session that another browser of the caller may take over, and until when.

    Raises: NoPerson for a machine's token, NotAllowed for one with less than its person's rights.
    """
    person = person_of(session, actor)
    whole = permissions_of(person.role) <= actor.permissions
    if not whole or (actor.site_ids is not None and actor.site_ids != frozenset(person.site_ids or ())):
        raise NotAllowed(
            f"This token has not all the rights of {actor.name}: it cannot sign a browser in with them.",
            remedy="Sign in with e-mail and password, or use a token that was not limited.",
        )
    _, secret = open_session(session, person, now=now)
    expires_at = now + INVITATION
    session_id = session_id_of(secret)
    assert session_id is not None
    queries.limit_browser_session(session, session_id, expires_at=expires_at)
    return secret, expires_at


def accept_invitation(hub: Hub, *, secret: str, replaces: str | None = None) -> str:
    """Return the secret of the session that takes the place of an invitation: it opens one browser, once.

    A session that this browser had before (`replaces`) is ended.

    Raises: BadCredentials when it was used, is too old or never was.
    """
    now = hub.clock.now()
    known = authenticate_session(hub.database, secret=secret, now=now)
    with hub.database.transaction() as session:
        if not queries.take_browser_session(session, known.id):
            raise BadCredentials("This link has been used.", remedy="Sign in with e-mail and password.")
        _, fresh = open_session(session, person_of(session, known.actor), now=now, replaces=replaces)
    return fresh


def authenticate_session(database: Database, *, secret: str, now: datetime) -> BrowserSession:
    """Return the session that has this cookie. Raises: BadCredentials, the same for all."""
    refused = BadCredentials("You are not signed in, or no longer.", remedy="Sign in again.")
    session_id = session_id_of(secret)
    if session_id is None:
        raise refused
    with database.reading() as session:
        found = queries.browser_session_with_user(session, session_id)
    if found is None or not hashes_equal(hash_token(secret), found[0].secret_sha256):
        raise refused
    row, user = found
    if row.expires_at <= now or row.last_seen_at <= now - IDLE or user.disabled_at is not None:
        raise refused
    if now - row.last_seen_at > LAST_USED_EVERY:
        with database.quiet_transaction() as session:
            queries.mark_browser_session_seen(session, row.id, now)
    sites = None if user.site_ids is None else frozenset(user.site_ids)
    permissions = permissions_of(user.role)
    actor = Actor(user.organisation_id, user.id, user.email, user.role, permissions, sites)
    return BrowserSession(row.id, actor)


def end_session(session: Session, *, actor: Actor, session_id: str | None) -> None:
    """The session is over: its cookie opens nothing from the next request on. Raises: NotSignedIn."""
    if session_id is None:
        raise NotSignedIn(
            f"{actor.name} calls with a token, not with a browser's session: nothing to end.",
            remedy="Revoke the token instead (`perenne tokens revoke`).",
        )
    queries.end_browser_session(session, session_id)


def person_of(session: Session, actor: Actor) -> UserRow:
    """Return the account of the caller. Raises: NoPerson for a machine's token."""
    row = queries.person_behind(session, actor)
    if row is None:
        raise NoPerson(
            f"'{actor.name}' is a machine's token: it has no name, language or password of its own.",
            remedy="Sign in as a person, or change the token under `tokens`.",
        )
    return row


def change_profile(session: Session, *, actor: Actor, name: str | None, locale: str | None) -> UserRow:
    """Return the caller's account with its new name and language, None: as before. Raises: NoPerson."""
    row = person_of(session, actor)
    row.name, row.locale = name or row.name, locale or row.locale
    return row


def prove_password(hub: Hub, *, actor: Actor, password: str, address: str) -> None:
    """Return when it is the caller's password. Raises: NoPerson, WrongPassword, TooManyAttempts."""
    with hub.database.reading() as session:
        row = person_of(session, actor)
    attempts = attempts_of(hub)
    attempts.begin(email=row.email, address=address, now=hub.clock.now())
    if not password_matches(password, row.password_hash):
        raise WrongPassword(
            "The present password is not the one that was given.",
            remedy="Type it again; an administrator can set a new one.",
        )
    attempts.succeed(email=row.email, address=address)


def replace_password(session: Session, *, actor: Actor, password_hash: str) -> UserRow:
    """Return the caller's account with its new password: every browser session of it is over."""
    row = person_of(session, actor)
    row.password_hash = password_hash
    queries.end_browser_sessions(session, row.id)
    record_event(session, actor, "user.password-changed", "user", row.id)
    return row
