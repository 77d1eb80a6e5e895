"""Opens the hub's services and builds the application around them."""

from typing import Any

from fastapi import FastAPI
from fastapi.routing import APIRoute

from perenne import __version__
from perenne.hub.accounts.auth import GuardedRouter
from perenne.hub.accounts.errors import UndeclaredPermission
from perenne.hub.app import about, docs, events, health, jobs
from perenne.hub.app.description import describe_api
from perenne.hub.app.errors import install_error_handlers
from perenne.hub.app.idempotency import IdempotentReplies
from perenne.hub.app.live import Publisher
from perenne.hub.app.middleware import Metrics, RequestFrame
from perenne.hub.app.rooms import import_tables, room_routers
from perenne.hub.app.web import WebApp, web_folder
from perenne.hub.infra.database import Database
from perenne.hub.infra.services import Hub, open_services
from perenne.hub.settings import Settings

ABOUT = "Keeps computer-vision models performing at every site, over time."


def open_hub(settings: Settings, *, database: Database | None = None) -> Hub:
    """Return the services that `settings` describe. Creates the data folder, nothing else."""
    import_tables()
    return open_services(settings, database=database)


def create_app(hub: Hub) -> FastAPI:
    """Return the application of `hub`. Raises: UndeclaredPermission when a route has none."""
    app = FastAPI(
        title="Perenne",
        version=__version__,
        description=ABOUT,
        openapi_url="/api/v1/openapi.json",
        docs_url=None,
        redoc_url=None,
    )
    metrics = Metrics()
    app.state.hub = hub
    app.state.metrics = metrics
    app.state.started_at = hub.clock.now()
    app.state.live = Publisher(hub)
    app.add_middleware(IdempotentReplies, hub=hub)
    app.add_middleware(
        RequestFrame,
        metrics=metrics,
        max_body_bytes=hub.settings.max_body_mb * 1_000_000,
        max_archive_bytes=hub.settings.max_import_gb * 1_000_000_000,
    )
    install_error_handlers(app)
    routers: list[GuardedRouter] = [
        *room_routers(),
        jobs.router,
        events.router,
        about.router,
        health.router,
        docs.router,
    ]
    routes = [route for guarded in routers for route in guarded.router.routes]
    # A path without a parameter comes first: /sites/overview is not the site called "overview".
    app.router.routes.extend(sorted(routes, key=lambda route: "{" in getattr(route, "path", "")))
    refuse_unguarded_routes(app)
    app.router.default = WebApp(web_folder(hub.settings.web_dir), otherwise=app.router.default)
    describe_api(app)
    return app


def declared_permissions(app: FastAPI) -> dict[tuple[str, str], str]:
    """Return the permission of every (method, path) that `app` answers."""
    table: dict[tuple[str, str], str] = {}
    for route in api_routes(app):
        extra: dict[str, Any] = route.openapi_extra or {}
        for method in route.methods or ():
            table[(method, route.path)] = str(extra.get("x-permission", ""))
    return table


def api_routes(app: FastAPI) -> list[APIRoute]:
    """Return the routes that people and programs call."""
    return [route for route in app.routes if isinstance(route, APIRoute)]


def refuse_unguarded_routes(app: FastAPI) -> None:
    """Return when every route declares a permission. Raises: UndeclaredPermission naming one without."""
    for (method, path), permission in declared_permissions(app).items():
        if not permission:
            raise UndeclaredPermission(f"{method} {path} declares no permission")
