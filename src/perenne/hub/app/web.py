"""The built web app, served from this hub: pages, and files named by their content.

Owns history fallback (a page's address is the app's own business), caching, the choice of a precompressed
file, and the pages' Content-Security-Policy. Refuses any path that is not in its list of files: nothing is
looked up on disk by what a request says. Without the built app it says how to come by it.
"""

import mimetypes
import secrets
from dataclasses import dataclass, field
from pathlib import Path

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

import perenne

NOT_PAGES = ("/api", "/docs", "/livez", "/readyz", "/metrics", "/assets")
"""Beginnings of addresses that are never a page of the app."""
NONCE = "PERENNE_NONCE"
"""The word in the built page that stands for the nonce of its style elements."""
MEDIA_TYPES = {
    ".js": "text/javascript",
    ".woff2": "font/woff2",
    ".webmanifest": "application/manifest+json",
}
"""What not every system's list of types knows, or knows differently."""
UNKNOWN = "application/octet-stream"
ENCODINGS = {"br": ".br", "gzip": ".gz"}
APP_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'{nonce}; style-src-attr 'unsafe-inline'; "
    "img-src 'self' blob: data:; font-src 'self'; connect-src 'self'; media-src 'self'; worker-src 'self'; "
    "manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
NOT_BUILT = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Perenne</title></head><body>
<h1>Perenne runs, without its web app</h1>
<p>This copy was installed without the built web app. Released packages carry it.</p>
<p>In a checkout, build it with <code>python3 dev.py web</code>, then load this page again.</p>
<p>Everything else works: the <a href="/docs">API and its documentation</a>, and the <code>perenne</code>
command.</p>
</body></html>
"""


@dataclass(frozen=True)
class WebFile:
    """One file of the app and its compressed twins, by encoding."""

    path: Path
    media_type: str
    encoded: dict[str, Path] = field(default_factory=dict)


class WebApp:
    """Answers what no route of the hub took."""

    def __init__(self, folder: Path, *, otherwise: ASGIApp) -> None:
        self.folder = folder
        self.otherwise = otherwise
        self._files: dict[str, WebFile] = {}
        self._page = ""
        self._built_at: int | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        response = self._answer(Request(scope)) if scope["type"] == "http" else None
        await (response or self.otherwise)(scope, receive, send)

    def _answer(self, request: Request) -> Response | None:
        """Return the file or page that the request asks for, None when it asks for neither."""
        if request.method not in ("GET", "HEAD"):
            return None
        path: str = request.scope["path"]
        built = self._refresh()
        try:
            if path in self._files:
                return _file(self._files[path], request)
        except FileNotFoundError:  # another build is being put in place: what was listed is gone
            self._built_at = None
            return None
        page = path == "/" or "text/html" in request.headers.get("accept", "")
        if not page or path.startswith(NOT_PAGES):
            return None
        if built:
            return _page(self._page)
        return HTMLResponse(NOT_BUILT) if path == "/" else None

    def _refresh(self) -> bool:
        """Know the files of the present build; return whether there is one."""
        index = self.folder / "index.html"
        try:
            built_at = index.stat().st_mtime_ns
        except OSError:
            self._files, self._built_at = {}, None
            return False
        if built_at != self._built_at:
            self._page = index.read_text(encoding="utf-8")
            self._files = list_files(self.folder)
            self._built_at = built_at
        return True


def web_folder(setting: str) -> Path:
    """Return where the built app lies: where the setting says, or inside the package."""
    return Path(setting) if setting else Path(perenne.__file__).parent / "web"


def list_files(folder: Path) -> dict[str, WebFile]:
    """Return every file of the app by its address; pages and compressed twins have none of their own."""
    paths = [path for path in folder.rglob("*") if path.is_file() and not path.is_symlink()]
    present = set(paths)
    found = {}
    for path in paths:
        if path.suffix in ("", ".html", *ENCODINGS.values()):
            continue
        twins = {name: path.with_name(path.name + ending) for name, ending in ENCODINGS.items()}
        encoded = {name: twin for name, twin in twins.items() if twin in present}
        media_type = MEDIA_TYPES.get(path.suffix) or mimetypes.guess_type(path.name)[0] or UNKNOWN
        found[f"/{path.relative_to(folder).as_posix()}"] = WebFile(path, media_type, encoded)
    return found


def accepted_encodings(header: str) -> set[str]:
    """Return the encodings of Accept-Encoding that are not refused by `q=0`."""
    accepted = set()
    for part in header.split(","):
        name, _, weight = part.strip().partition(";")
        if name and weight.replace(" ", "") not in ("q=0", "q=0.0", "q=0.00", "q=0.000"):
            accepted.add(name.strip().lower())
    return accepted


def _file(found: WebFile, request: Request) -> Response:
    accepted = accepted_encodings(request.headers.get("accept-encoding", ""))
    encoding = next((name for name in found.encoded if name in accepted), None)
    path = found.path if encoding is None else found.encoded[encoding]
    named_by_content = request.scope["path"].startswith("/assets/")
    headers = {
        "Cache-Control": "public, max-age=31536000, immutable" if named_by_content else "no-cache",
        "Content-Security-Policy": APP_POLICY.format(nonce=""),
        "Vary": "Accept-Encoding",
    }
    if encoding is not None:
        headers["Content-Encoding"] = encoding
    response = FileResponse(path, headers=headers, media_type=found.media_type, stat_result=path.stat())
    if _unchanged(request.headers, response.headers["etag"]):
        kept = {name: response.headers[name] for name in ("cache-control", "etag", "vary")}
        return Response(status_code=304, headers=kept)
    return response


def _unchanged(headers: Headers, etag: str) -> bool:
    known = {tag.strip().removeprefix("W/") for tag in headers.get("if-none-match", "").split(",")}
    return etag in known


def _page(text: str) -> Response:
    """Return the page with a fresh nonce, so that it may style itself and nobody else may."""
    nonce = secrets.token_urlsafe(16)
    headers = {
        "Cache-Control": "no-cache",
        "Content-Security-Policy": APP_POLICY.format(nonce=f" 'nonce-{nonce}'"),
    }
    return HTMLResponse(text.replace(NONCE, nonce), headers=headers)
