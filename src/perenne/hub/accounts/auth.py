"""The door: a route cannot be registered without a permission, and every call knows its actor.

Owns `GuardedRouter` and `Caller`. Refuses routes with an unknown permission when the hub starts.
"""

from collections.abc import Callable, Coroutine, Iterator
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from sqlalchemy.orm import Session

from perenne.hub.accounts.errors import UndeclaredPermission
from perenne.hub.accounts.rules import Actor, known_permissions
from perenne.hub.accounts.service import authenticate
from perenne.hub.infra.services import Hub

PUBLIC = "public"
"""The declared permission of a route that anybody may call (health, sign-in)."""

SECURITY_SCHEME = "token"
"""Name under which the OpenAPI document describes the bearer token."""

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


def current_actor(request: Request, hub: Annotated[Hub, Depends(current_hub)]) -> Actor:
    """Return who calls. Raises: BadCredentials."""
    kind, _, token = request.headers.get("authorization", "").partition(" ")
    actor = authenticate(
        hub.database, token=token.strip() if kind.lower() == "bearer" else None, now=hub.clock.now()
    )
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


class GuardedRouter:
    """A router whose every route declares the permission that it needs.

    Raises: UndeclaredPermission at registration when the role matrix does not have it.
    """

    def __init__(self, *, prefix: str = "/api/v1", tag: str) -> None:
        self.router = APIRouter(prefix=prefix, tags=[tag])

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
