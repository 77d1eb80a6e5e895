"""The web app, opened by the terminal: an address that signs this person's browser in once.

Owns the asking for such an address and the opening of a browser. Refuses to print a password, and imports
nothing heavy: `perenne up` stays small.
"""

import json
import os
import sys
import urllib.request
import webbrowser
from http.cookiejar import CookieJar
from typing import Any
from urllib.parse import quote

TIMEOUT_S = 10.0


def invitation_url(url: str, *, email: str, password: str, path: str = "/sites") -> str | None:
    """Return an address of the hub at `url` that shows `path`, signed in; it works once, for ten minutes.

    None when the hub does not give one: the password was changed since, or it does not answer.
    """
    proxies, cookies = urllib.request.ProxyHandler({}), urllib.request.HTTPCookieProcessor(CookieJar())
    browser = urllib.request.build_opener(proxies, cookies)

    def ask(method: str, path: str, content: Any, **headers: str) -> Any:
        data = json.dumps(content).encode()
        kinds = {"Content-Type": "application/json", **headers}
        request = urllib.request.Request(f"{url}/api/v1/session{path}", data, kinds, method=method)
        with browser.open(request, timeout=TIMEOUT_S) as answer:
            return json.loads(answer.read() or b"null")

    try:
        session = ask("POST", "/browser", {"email": email, "password": password})
        word = {"X-CSRF-Token": str(session["csrf"])}
        invitation = str(ask("POST", "/invitation", {}, **word)["path"])
        ask("DELETE", "", {}, **word)
    except (OSError, ValueError, KeyError):
        return None
    before, _, secret = invitation.partition("#")
    return f"{url}{before}?next={quote(path)}#{secret}"


def open_browser(address: str) -> bool:
    """Say whether a browser was opened; none is where nobody looks at this machine's screen."""
    screens = ("DISPLAY", "WAYLAND_DISPLAY")
    seen = any(os.environ.get(name) for name in screens) or sys.platform in ("darwin", "win32")
    return bool(seen and sys.stdout.isatty() and webbrowser.open(address))
