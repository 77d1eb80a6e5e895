"""Routes of accounts."""

from fastapi import Request, Response

from perenne.hub.accounts import queries, service, sessions
from perenne.hub.accounts.auth import (
    PUBLIC,
    Call,
    Caller,
    GuardedRouter,
    HubOnly,
    cookie_name,
    require_own_page,
)
from perenne.hub.accounts.rules import known_permissions, permissions_of, role_about, role_names
from perenne.hub.accounts.tables import TokenRow, UserRow
from perenne.hub.infra.secrets import csrf_of, hash_password
from perenne.hub.infra.services import Hub
from perenne.kit.errors import NotFound
from perenne.kit.paging import decode_cursor, encode_cursor
from perenne.wire import accounts as wire
from perenne.wire.base import Listing

router = GuardedRouter(tag="accounts")


def _user(row: UserRow) -> wire.User:
    return wire.User(
        id=row.id,
        email=row.email,
        name=row.name,
        role=row.role,
        site_ids=row.site_ids,
        disabled=row.disabled_at is not None,
        created_at=row.created_at,
    )


def _token(row: TokenRow) -> wire.Token:
    return wire.Token(
        id=row.id,
        name=row.name,
        role=row.role,
        site_ids=row.site_ids,
        user_id=row.user_id,
        expires_at=row.expires_at,
        revoked_at=row.revoked_at,
        last_used_at=row.last_used_at,
        created_at=row.created_at,
    )


def _address(request: Request) -> str:
    return request.client.host if request.client else ""


def _set_cookie(request: Request, response: Response, secret: str) -> None:
    response.set_cookie(
        cookie_name(request),
        secret,
        max_age=int(sessions.LIFETIME.total_seconds()),
        path="/",
        secure=request.url.scheme == "https",
        httponly=True,
        samesite="lax",
    )


def _session_of(call: Call, *, cookie: str | None) -> wire.Session:
    actor = call.actor
    organisation = queries.organisation_by_id(call.session, actor.organisation_id)
    person = queries.person_behind(call.session, actor)
    return wire.Session(
        user_id=actor.principal_id,
        email=person.email if person else "",
        name=person.name if person else actor.name,
        organisation=organisation.slug if organisation else "",
        organisation_name=organisation.name if organisation else "",
        role=actor.role,
        permissions=sorted(actor.permissions),
        site_ids=None if actor.site_ids is None else sorted(actor.site_ids),
        csrf="" if cookie is None else csrf_of(cookie),
        locale=person.locale if person else None,
    )


def _welcome(request: Request, response: Response, hub: Hub, secret: str) -> wire.Session:
    """Give the browser its new cookie and say who is signed in by it."""
    _set_cookie(request, response, secret)
    known = sessions.authenticate_session(hub.database, secret=secret, now=hub.clock.now())
    with hub.database.reading() as session:
        return _session_of(Call(known.actor, session, hub), cookie=secret)


def _cookie_in_use(request: Request) -> str | None:
    """Return the cookie that the caller is known by, None for a token."""
    by_cookie = getattr(request.state, "browser_session", None) is not None
    return request.cookies.get(cookie_name(request)) if by_cookie else None


@router.post("/session", permission=PUBLIC, response_model=wire.TokenSecret, status_code=201)
def sign_in(body: wire.SignIn, request: Request, hub: HubOnly) -> wire.TokenSecret:
    """Exchange e-mail and password for a token."""
    user = sessions.check_password(hub, email=body.email, password=body.password, address=_address(request))
    with hub.database.transaction() as session:
        row, secret = service.open_token(
            session, user, token_name=body.token_name, days=body.days, now=hub.clock.now()
        )
        return wire.TokenSecret(**_token(row).model_dump(), secret=secret)


@router.post("/session/browser", permission=PUBLIC)
def sign_in_browser(
    body: wire.BrowserSignIn, request: Request, response: Response, hub: HubOnly
) -> wire.Session:
    """Sign in a browser: sets the session's cookie, new at every sign-in."""
    require_own_page(request)
    user = sessions.check_password(hub, email=body.email, password=body.password, address=_address(request))
    now, before = hub.clock.now(), request.cookies.get(cookie_name(request))
    with hub.database.transaction() as session:
        _, secret = sessions.open_session(session, user, now=now, replaces=before)
    return _welcome(request, response, hub, secret)


@router.post("/session/invitation", permission="accounts:self", status_code=201)
def invite_browser(caller: Caller) -> wire.Invitation:
    """Make a link that signs another browser of the caller in, once, within ten minutes."""
    secret, expires_at = sessions.open_invitation(
        caller.session, actor=caller.actor, now=caller.hub.clock.now()
    )
    return wire.Invitation(path=f"/sign-in#invitation={secret}", expires_at=expires_at)


@router.post("/session/invitation/accept", permission=PUBLIC)
def accept_invitation(
    body: wire.InvitationAccepted, request: Request, response: Response, hub: HubOnly
) -> wire.Session:
    """Sign in a browser by an invitation, which is used up by it."""
    require_own_page(request)
    before = request.cookies.get(cookie_name(request))
    secret = sessions.accept_invitation(hub, secret=body.secret, replaces=before)
    return _welcome(request, response, hub, secret)


@router.get("/session", permission="accounts:self")
def show_session(request: Request, caller: Caller) -> wire.Session:
    """Say who is signed in, what the person may do, and the CSRF token of the session."""
    return _session_of(caller, cookie=_cookie_in_use(request))


@router.patch("/session", permission="accounts:self")
def change_session(
    body: wire.SessionChange, request: Request, response: Response, caller: Caller
) -> wire.Session:
    """Change one's own name, language or password; a new password ends all other sessions."""
    cookie = _cookie_in_use(request)
    if body.password is not None:
        sessions.prove_password(
            caller.hub, actor=caller.actor, password=body.password.current, address=_address(request)
        )
        kept = hash_password(body.password.new)
        user = sessions.replace_password(caller.session, actor=caller.actor, password_hash=kept)
        if cookie is not None:
            _, cookie = sessions.open_session(caller.session, user, now=caller.hub.clock.now())
            _set_cookie(request, response, cookie)
    sessions.change_profile(caller.session, actor=caller.actor, name=body.name, locale=body.locale)
    return _session_of(caller, cookie=cookie)


@router.delete("/session", permission="accounts:self", status_code=204)
def sign_out(request: Request, caller: Caller) -> Response:
    """End the browser's session at once. A token is revoked under `tokens` instead."""
    session_id = getattr(request.state, "browser_session", None)
    sessions.end_session(caller.session, actor=caller.actor, session_id=session_id)
    response = Response(status_code=204)
    secure = request.url.scheme == "https"
    response.delete_cookie(cookie_name(request), path="/", secure=secure, httponly=True, samesite="lax")
    if secure:  # kept images must not outlive the session on a shared machine; browsers obey over https only
        response.headers["Clear-Site-Data"] = '"cache"'
    return response


@router.get("/roles", permission="users:read")
def list_roles(caller: Caller) -> wire.RoleMatrix:
    """List every role and every permission of this hub."""
    roles = [
        wire.Role(name=name, about=role_about(name), permissions=sorted(permissions_of(name)))
        for name in role_names()
    ]
    return wire.RoleMatrix(permissions=known_permissions(), roles=roles)


@router.get("/me", permission="accounts:self")
def who_am_i(caller: Caller) -> wire.WhoAmI:
    """Say who the caller is and what the caller may do."""
    actor = caller.actor
    organisation = queries.organisation_by_id(caller.session, actor.organisation_id)
    return wire.WhoAmI(
        organisation_id=actor.organisation_id,
        organisation=organisation.slug if organisation else "",
        principal_id=actor.principal_id,
        name=actor.name,
        role=actor.role,
        permissions=sorted(actor.permissions),
        site_ids=None if actor.site_ids is None else sorted(actor.site_ids),
    )


@router.get("/tokens", permission="accounts:self")
def list_tokens(caller: Caller, cursor: str | None = None, limit: int = 50) -> Listing[wire.Token]:
    """List one's own tokens; all of the organisation's for an administrator."""
    own = None if caller.actor.may("users:read") else caller.actor.principal_id
    limit = max(1, min(limit, 1000))
    after = decode_cursor(cursor, parts=1)[0] if cursor else ""
    rows = queries.tokens_after(caller.session, caller.actor, user_id=own, after_id=after, limit=limit)
    next_cursor = encode_cursor(rows[-1].id) if len(rows) == limit else None
    return Listing(items=[_token(row) for row in rows], next_cursor=next_cursor)


@router.post("/tokens", permission="accounts:self", status_code=201)
def create_token(body: wire.TokenNew, caller: Caller) -> wire.TokenSecret:
    """Make a token with at most one's own rights; its secret is told this once."""
    row, secret = service.create_token(
        caller.session,
        actor=caller.actor,
        name=body.name,
        days=body.days,
        role=body.role,
        site_ids=body.sites,
        now=caller.hub.clock.now(),
    )
    return wire.TokenSecret(**_token(row).model_dump(), secret=secret)


@router.delete("/tokens/{token_id}", permission="accounts:self")
def revoke_token(token_id: str, caller: Caller) -> wire.Token:
    """Revoke a token at once."""
    row = service.revoke_token(
        caller.session, actor=caller.actor, token_id=token_id, now=caller.hub.clock.now()
    )
    return _token(row)


@router.get("/users", permission="users:read")
def list_users(caller: Caller, cursor: str | None = None, limit: int = 50) -> Listing[wire.User]:
    """List the users of the organisation."""
    limit = max(1, min(limit, 1000))
    after = decode_cursor(cursor, parts=1)[0] if cursor else ""
    rows = queries.users_after(caller.session, caller.actor, after_id=after, limit=limit)
    next_cursor = encode_cursor(rows[-1].id) if len(rows) == limit else None
    return Listing(items=[_user(row) for row in rows], next_cursor=next_cursor)


@router.post("/users", permission="users:write", status_code=201)
def create_user(body: wire.UserNew, caller: Caller) -> wire.User:
    """Add a user."""
    row = service.create_user(
        caller.session,
        actor=caller.actor,
        email=body.email,
        name=body.name,
        password=body.password,
        role=body.role,
        site_ids=body.sites,
    )
    return _user(row)


@router.get("/users/{user_id}", permission="users:read")
def show_user(user_id: str, caller: Caller) -> wire.User:
    """Show a user."""
    row = queries.user_by_id(caller.session, caller.actor, user_id)
    if row is None:
        raise NotFound.of("user", user_id)
    return _user(row)


@router.patch("/users/{user_id}", permission="users:write")
def change_user(user_id: str, body: wire.UserChange, caller: Caller) -> wire.User:
    """Change name, role, sites or state of a user."""
    row = service.change_user(
        caller.session,
        actor=caller.actor,
        user_id=user_id,
        now=caller.hub.clock.now(),
        name=body.name,
        role=body.role,
        site_ids=body.sites,
        all_sites=body.all_sites,
        disabled=body.disabled,
        password_hash=None if body.password is None else hash_password(body.password),
    )
    return _user(row)


@router.get("/organisations", permission="organisations:read")
def list_organisations(caller: Caller) -> Listing[wire.Organisation]:
    """List the organisations of this hub."""
    rows = queries.all_organisations(caller.session)
    return Listing(items=[wire.Organisation.model_validate(row) for row in rows])


@router.post("/organisations", permission="organisations:write", status_code=201)
def create_organisation(body: wire.OrganisationNew, caller: Caller) -> wire.Organisation:
    """Add an organisation and its first administrator."""
    row, _ = service.create_organisation(
        caller.session,
        actor=caller.actor,
        slug=body.slug,
        name=body.name,
        admin_email=body.admin_email,
        admin_password=body.admin_password,
    )
    return wire.Organisation.model_validate(row)


@router.get("/audit", permission="audit:read")
def list_audit_events(
    caller: Caller, cursor: str | None = None, object_id: str | None = None, limit: int = 50
) -> Listing[wire.AuditEvent]:
    """List what was done, latest first."""
    limit = max(1, min(limit, 1000))
    before = decode_cursor(cursor, parts=1)[0] if cursor else None
    rows = queries.audit_before(
        caller.session, caller.actor, before_id=before, object_id=object_id, limit=limit
    )
    items = [
        wire.AuditEvent(
            id=row.id,
            at=row.created_at,
            actor=row.actor,
            action=row.action,
            object_type=row.object_type,
            object_id=row.object_id,
            detail=row.detail,
        )
        for row in rows
    ]
    return Listing(items=items, next_cursor=encode_cursor(rows[-1].id) if len(rows) == limit else None)
