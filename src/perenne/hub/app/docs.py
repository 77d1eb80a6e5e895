"""The API's documentation, served whole from this hub: no page asks another host for anything."""

from importlib.resources import files

from fastapi.responses import HTMLResponse, Response

from perenne.hub.accounts.auth import PUBLIC, GuardedRouter
from perenne.kit.errors import NotFound

router = GuardedRouter(prefix="", tag="documentation")
TYPES = {"swagger-ui-bundle.js": "text/javascript", "swagger-ui.css": "text/css", "favicon.png": "image/png"}
PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Perenne: API</title>
<link rel="stylesheet" href="/docs/swagger-ui.css"></head><body><div id="docs"></div>
<script src="/docs/swagger-ui-bundle.js"></script><script src="/docs/start.js"></script></body></html>"""
START = """SwaggerUIBundle({url: "/api/v1/openapi.json", dom_id: "#docs", deepLinking: true,
presets: [SwaggerUIBundle.presets.apis], validatorUrl: null, tryItOutEnabled: true});"""


@router.get("/docs", permission=PUBLIC, include_in_schema=False)
def page() -> HTMLResponse:
    """Return the documentation page."""
    return HTMLResponse(PAGE)


@router.get("/docs/start.js", permission=PUBLIC, include_in_schema=False)
def start() -> Response:
    """Return the few lines that start the page."""
    return Response(START, media_type="text/javascript")


@router.get("/docs/{name}", permission=PUBLIC, include_in_schema=False)
def asset(name: str) -> Response:
    """Return one of the page's files."""
    if name not in TYPES:
        raise NotFound.of("page", name)
    data = files("fastapi_offline").joinpath("static").joinpath(name).read_bytes()
    return Response(data, media_type=TYPES[name], headers={"Cache-Control": "public, max-age=86400"})
