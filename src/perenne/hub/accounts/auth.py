"""The door: a route cannot be registered without a permission, and every call knows its actor.

Owns `GuardedRouter`, `Caller` and how a request says who it comes from: a bearer token, or a browser's cookie
with its CSRF token. Refuses routes with an unknown permission when the hub starts.
"""

from collections.abc import Callable, Coroutine, Iterator
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.routing import APIRoute
from sqlalchemy.orm import Session
from starlette.requests import HTTPConnection

from perenne.hub.accounts.errors import CsrfRefused, UndeclaredPermission
from perenne.hub.accounts.rules import Actor, known_permissions
from perenne.hub.accounts.service import authenticate
from perenne.hub.accounts.sessions import authenticate_session
from perenne.hub.infra.secrets import csrf_of, hashes_equal
from perenne.hub.infra.services import Hub

PUBLIC = "public"
"""The declared permission of a route that anybody may call (health, sign-in)."""

SECURITY_SCHEME = "token"
"""Name under which the OpenAPI document describes the bearer token."""

SAFE_METHODS = ("GET", "HEAD", "OPTIONS")
CSRF_HEADER = "x-csrf-token"
OWN_PAGES = ("same-origin", "none")
"""What a browser says of a request (Sec-Fetch-Site) that a page of this hub, or its person, has made."""

Handler = Callable[..., Any]


@dataclass
class Call:
    """One request: its actor, its one transaction, and the hub's services."""

    actor: Actor
    session: Session
    hub: Hub


async def current_hub(request: Request) -> Hub:
    """Return the services of the process that answers (async: it needs no thread)."""
    hub: Hub = request.app.state.hub
    return hub


def cookie_name(request: HTTPConnection) -> str:
    """Return the name of the session's cookie: over https one that no other host of the domain can set."""
    return "__Host-perenne" if request.url.scheme == "https" else "perenne"


def identify(hub: Hub, request: HTTPConnection, *, method: str) -> Actor:
    """Return who calls, by token or else by cookie; `state.browser_session` then names the session.

    Raises: BadCredentials; CsrfRefused for a cookie without its CSRF token on an unsafe method.
    """
    given = request.headers.get("authorization")
    cookie = request.cookies.get(cookie_name(request))
    if given is not None or cookie is None:
        kind, _, token = (given or "").partition(" ")
        bearer = token.strip() if kind.lower() == "bearer" else None
        return authenticate(hub.database, token=bearer, now=hub.clock.now())
    found = authenticate_session(hub.database, secret=cookie, now=hub.clock.now())
    if method not in SAFE_METHODS:
        require_own_page(request)
        if not hashes_equal(request.headers.get(CSRF_HEADER, ""), csrf_of(cookie)):
            raise CsrfRefused(
                f"{method} {request.url.path} came with a session cookie and without its CSRF token.",
                remedy="Send `csrf` of GET /api/v1/session as the header X-CSRF-Token, or use a token.",
            )
    request.state.browser_session = found.id
    return found.actor


def require_own_page(request: HTTPConnection) -> None:
    """Return when no foreign page made the request, as far as the browser says. Raises: CsrfRefused."""
    site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin")
    foreign = site is not None and site not in OWN_PAGES
    if site is None and origin is not None:
        foreign = origin.partition("://")[2] != request.headers.get("host", "")
    if foreign:
        raise CsrfRefused(
            f"A page of another site ({origin or site}) sent this request.",
            remedy="Open Perenne itself and do it there.",
        )


def current_actor(request: Request, hub: Annotated[Hub, Depends(current_hub)]) -> Actor:
    """Return who calls. Raises: BadCredentials, CsrfRefused."""
    actor = identify(hub, request, method=request.method)
    request.state.actor = actor
    return actor


def open_call(
    request: Request,
    hub: Annotated[Hub, Depends(current_hub)],
    actor: Annotated[Actor, Depends(current_actor)],
) -> Iterator[Call]:
    """Yield the call with its transaction: committed before the answer is sent, undone on any error.

    The transaction begins with the first statement, so that work before it holds no lock.
    """
    if request.method in ("GET", "HEAD"):
        with hub.database.reading() as session:
            yield Call(actor, session, hub)
        return
    with hub.database.writing_session() as session:
        yield Call(actor, session, hub)
        session.commit()


Caller = Annotated[Call, Depends(open_call, scope="function")]
HubOnly = Annotated[Hub, Depends(current_hub)]


def _guard(permission: str) -> Callable[..., Coroutine[Any, Any, None]]:
    async def guard(actor: Annotated[Actor, Depends(current_actor)]) -> None:
        actor.require(permission)

    return guard


def binary(media_type: str) -> dict[int | str, dict[str, Any]]:
    """Return how the API's document tells that a route answers with bytes of `media_type`."""
    return {200: {"content": {media_type: {"schema": {"type": "string", "format": "binary"}}}}}


def _operation_id(route: APIRoute) -> str:
    """Name an operation after its function: short, and unique by a test over the whole application."""
    return route.name


class GuardedRouter:
    """A router whose every route declares the permission that it needs.

    Raises: UndeclaredPermission at registration when the role matrix does not have it.
    """

    def __init__(self, *, prefix: str = "/api/v1", tag: str) -> None:
        self.router = APIRouter(prefix=prefix, tags=[tag], generate_unique_id_function=_operation_id)

    def route(
        self, method: str, path: str, *, permission: str, **options: Any
    ) -> Callable[[Handler], Handler]:
        """Register a handler for `method` on `path`, guarded by `permission`."""
        if permission != PUBLIC and permission not in known_permissions():
            raise UndeclaredPermission(
                f"{method} {path} names '{permission}', which roles.toml does not have"
            )
        dependencies = [] if permission == PUBLIC else [Depends(_guard(permission))]
        security: list[dict[str, list[str]]] = [] if permission == PUBLIC else [{SECURITY_SCHEME: []}]
        return self.router.api_route(
            path,
            methods=[method],
            dependencies=dependencies,
            openapi_extra={
                **options.pop("openapi_extra", {}),
                "x-permission": permission,
                "security": security,
            },
            **options,
        )

    def get(self, path: str, *, permission: str, **options: Any) -> Callable[[Handler], Handler]:
        return self.route("GET", path, permission=permission, **options)

    def post(self, path: str, *, permission: str, **options: Any) -> Callable[[Handler], Handler]:
        return self.route("POST", path, permission=permission, **options)

    def put(self, path: str, *, permission: str, **options: Any) -> Callable[[Handler], Handler]:
        return self.route("PUT", path, permission=permission, **options)

    def patch(self, path: str, *, permission: str, **options: Any) -> Callable[[Handler], Handler]:
        return self.route("PATCH", path, permission=permission, **options)

    def delete(self, path: str, *, permission: str, **options: Any) -> Callable[[Handler], Handler]:
        return self.route("DELETE", path, permission=permission, **options)
