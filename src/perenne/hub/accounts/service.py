"""Use cases of accounts: sign in, users, tokens, organisations, the record of what was done."""

import secrets
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from perenne.hub.accounts import queries
from perenne.hub.accounts.errors import BadCredentials, NameTaken, NotAllowed
from perenne.hub.accounts.rules import INSTANCE, Actor, may_grant, permissions_of
from perenne.hub.accounts.tables import AuditRow, OrganisationRow, TokenRow, UserRow
from perenne.hub.infra.database import Database
from perenne.hub.infra.secrets import (
    hash_password,
    hash_token,
    hashes_equal,
    make_token_secret,
    token_id_of,
)
from perenne.kit.errors import NotFound
from perenne.kit.ids import new_id

LAST_USED_EVERY = timedelta(minutes=5)


def authenticate(database: Database, *, token: str | None, now: datetime) -> Actor:
    """Return who holds `token`. Raises: BadCredentials, the same for absent, unknown, expired and revoked."""
    refused = BadCredentials(
        "The request carries no token that is valid now.",
        remedy="Sign in (`perenne login`), or send `Authorization: Bearer prn_…` with a valid token.",
    )
    token_id = token_id_of(token or "")
    if token is None or token_id is None:
        raise refused
    with database.reading() as session:
        found = queries.token_with_user(session, token_id)
    if found is None:
        raise refused
    row, user = found
    alive = row.revoked_at is None and row.expires_at > now and (user is None or user.disabled_at is None)
    if not hashes_equal(hash_token(token), row.secret_sha256) or not alive:
        raise refused
    if row.last_used_at is None or now - row.last_used_at > LAST_USED_EVERY:
        with database.quiet_transaction() as session:
            queries.mark_token_used(session, row.id, now)
    return actor_of(row, user)


def actor_of(token: TokenRow, user: UserRow | None) -> Actor:
    """Return the actor of a token: never more than its user may do today."""
    permissions = permissions_of(token.role)
    sites = None if token.site_ids is None else frozenset(token.site_ids)
    if user is not None:
        permissions &= permissions_of(user.role)
        if user.site_ids is not None:
            own = frozenset(user.site_ids)
            sites = own if sites is None else own & sites
    name = user.email if user is not None else token.name
    principal = user.id if user is not None else token.id
    return Actor(token.organisation_id, principal, name, token.role, permissions, sites)


def open_token(
    session: Session, user: UserRow, *, token_name: str, days: int, now: datetime
) -> tuple[TokenRow, str]:
    """Return a new token with all rights of `user`, who has proved to be there, and its secret."""
    return _add_token(
        session,
        user.organisation_id,
        user_id=user.id,
        name=token_name,
        role=user.role,
        site_ids=None,
        expires_at=now + timedelta(days=days),
    )


def _add_token(
    session: Session,
    organisation_id: str,
    *,
    user_id: str | None,
    name: str,
    role: str,
    site_ids: list[str] | None,
    expires_at: datetime,
) -> tuple[TokenRow, str]:
    token_id = new_id("tok")
    secret, kept = make_token_secret(token_id)
    row = TokenRow(
        id=token_id,
        organisation_id=organisation_id,
        user_id=user_id,
        name=name,
        role=role,
        site_ids=site_ids,
        secret_sha256=kept,
        expires_at=expires_at,
    )
    session.add(row)
    session.flush()
    return row, secret


def create_token(
    session: Session,
    *,
    actor: Actor,
    name: str,
    days: int,
    role: str | None,
    site_ids: list[str] | None,
    now: datetime,
) -> tuple[TokenRow, str]:
    """Return a new token of the caller, with at most the caller's rights. Raises: NotAllowed, UnknownRole."""
    wanted_role = role or actor.role
    wanted_sites = sorted(actor.site_ids) if site_ids is None and actor.site_ids is not None else site_ids
    _require_grantable(actor, role=wanted_role, site_ids=wanted_sites)
    user_id = actor.principal_id if actor.principal_id.startswith("usr_") else None
    row, secret = _add_token(
        session,
        actor.organisation_id,
        user_id=user_id,
        name=name,
        role=wanted_role,
        site_ids=wanted_sites,
        expires_at=now + timedelta(days=days),
    )
    record_event(session, actor, "token.created", "token", row.id, {"role": row.role, "name": name})
    return row, secret


def _require_grantable(actor: Actor, *, role: str, site_ids: list[str] | None) -> None:
    if not may_grant(actor, role=role, site_ids=site_ids):
        raise NotAllowed(
            f"{actor.name} ({actor.role}) cannot hand out '{role}' on these sites: it exceeds their rights.",
            remedy="Choose a role and sites within your own rights, or ask an administrator.",
        )


def revoke_token(session: Session, *, actor: Actor, token_id: str, now: datetime) -> TokenRow:
    """Revoke a token at once: one's own, or anybody's with users:write. Raises: NotFound."""
    row = queries.token_by_id(session, actor, token_id)
    if row is None or not (
        row.user_id == actor.principal_id or row.id == actor.principal_id or actor.may("users:write")
    ):
        raise NotFound.of("token", token_id)
    row.revoked_at = row.revoked_at or now
    record_event(session, actor, "token.revoked", "token", row.id, {"name": row.name})
    return row


def create_user(
    session: Session,
    *,
    actor: Actor,
    email: str,
    name: str,
    password: str,
    role: str,
    site_ids: list[str] | None,
) -> UserRow:
    """Add a user to the actor's organisation. Raises: NameTaken, UnknownRole, NotAllowed."""
    _require_grantable(actor, role=role, site_ids=site_ids)
    row = _add_user(
        session,
        actor.organisation_id,
        email=email,
        name=name,
        password=password,
        role=role,
        site_ids=site_ids,
    )
    record_event(session, actor, "user.created", "user", row.id, {"email": row.email, "role": role})
    return row


def _add_user(
    session: Session,
    organisation_id: str,
    *,
    email: str,
    name: str,
    password: str,
    role: str,
    site_ids: list[str] | None,
) -> UserRow:
    if queries.user_by_email(session, email) is not None:
        raise NameTaken(f"The address {email} has an account already.", remedy="Use another address.")
    row = UserRow(
        id=new_id("usr"),
        organisation_id=organisation_id,
        email=email.lower(),
        name=name,
        password_hash=hash_password(password),
        role=role,
        site_ids=site_ids,
    )
    session.add(row)
    session.flush()
    return row


def change_user(
    session: Session,
    *,
    actor: Actor,
    user_id: str,
    now: datetime,
    name: str | None = None,
    role: str | None = None,
    site_ids: list[str] | None = None,
    all_sites: bool = False,
    disabled: bool | None = None,
    password_hash: str | None = None,
) -> UserRow:
    """Change a user of the actor's organisation. Raises: NotFound, NotAllowed, UnknownRole.

    A new role, a new password and being disabled end every browser session of the user.
    """
    row = queries.user_by_id(session, actor, user_id)
    if row is None:
        raise NotFound.of("user", user_id)
    new_sites = None if all_sites else (site_ids if site_ids is not None else row.site_ids)
    _require_grantable(actor, role=row.role, site_ids=row.site_ids)
    _require_grantable(actor, role=role or row.role, site_ids=new_sites)
    before = {
        "name": row.name,
        "role": row.role,
        "site_ids": row.site_ids,
        "disabled": row.disabled_at is not None,
    }
    row.name, row.role, row.site_ids = name or row.name, role or row.role, new_sites
    if disabled is not None:
        row.disabled_at = now if disabled else None
    if password_hash is not None:
        row.password_hash = password_hash
    if password_hash is not None or row.role != before["role"] or row.disabled_at is not None:
        queries.end_browser_sessions(session, row.id)
    detail = {"before": before, "password": "set"} if password_hash is not None else {"before": before}
    record_event(session, actor, "user.changed", "user", row.id, detail)
    return row


def create_organisation(
    session: Session, *, actor: Actor | None, slug: str, name: str, admin_email: str, admin_password: str
) -> tuple[OrganisationRow, UserRow]:
    """Add an organisation and its first administrator. Raises: NameTaken."""
    if queries.organisation_by_slug(session, slug) is not None:
        raise NameTaken(f"An organisation is called '{slug}' already.", remedy="Choose another short name.")
    row = OrganisationRow(id=new_id("org"), slug=slug, name=name)
    session.add(row)
    session.flush()
    admin = _add_user(
        session,
        row.id,
        email=admin_email,
        name="Administrator",
        password=admin_password,
        role="org-admin",
        site_ids=None,
    )
    if actor is not None:
        record_event(session, actor, "organisation.created", "organisation", row.id, {"slug": slug})
    return row, admin


def bootstrap(
    database: Database,
    *,
    now: datetime,
    email: str = "admin@example.org",
    keep: Callable[[dict[str, str]], None] | None = None,
) -> dict[str, str] | None:
    """Give a new hub its first organisation, its administrators and a trainer; None when it has some already.

    Returns e-mail, password and token of the organisation's administrator, the instance administrator's
    password and the trainer's token: the only time that they are told. `keep` is called with them before they
    are valid, so that no crash leaves accounts whose passwords nobody has.
    """
    with database.transaction() as session:
        if queries.all_organisations(session):
            return None
        password, instance_password = secrets.token_urlsafe(12), secrets.token_urlsafe(12)
        organisation, admin = create_organisation(
            session,
            actor=None,
            slug="main",
            name="Main organisation",
            admin_email=email,
            admin_password=password,
        )
        _add_user(
            session,
            INSTANCE,
            email="instance@example.org",
            name="Instance administrator",
            password=instance_password,
            role="instance-admin",
            site_ids=None,
        )
        year = now + timedelta(days=365)
        _, token = _add_token(
            session,
            organisation.id,
            user_id=admin.id,
            name="this machine",
            role="org-admin",
            site_ids=None,
            expires_at=year,
        )
        _, trainer = _add_token(
            session,
            organisation.id,
            user_id=None,
            name="embedded trainer",
            role="trainer",
            site_ids=None,
            expires_at=year,
        )
        told = {
            "organisation": "main",
            "email": email,
            "password": password,
            "token": token,
            "trainer_token": trainer,
            "instance_email": "instance@example.org",
            "instance_password": instance_password,
        }
        if keep is not None:
            keep(told)
    return told


def find_user(session: Session, actor: Actor, email: str) -> UserRow:
    """Return the user of the actor's organisation who has that e-mail. Raises: NotFound."""
    row = queries.user_by_email(session, email)
    if row is None or row.organisation_id != actor.organisation_id or row.disabled_at is not None:
        raise NotFound.of("user", email)
    return row


def record_event(
    session: Session,
    actor: Actor,
    action: str,
    object_type: str,
    object_id: str,
    detail: dict[str, Any] | None = None,
) -> None:
    """Add what `actor` did to the record, in the same transaction as the deed."""
    session.add(
        AuditRow(
            id=new_id("aud"),
            organisation_id=actor.organisation_id,
            actor=actor.name,
            action=action,
            object_type=object_type,
            object_id=object_id,
            detail=detail or {},
        )
    )
