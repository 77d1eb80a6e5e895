"""A real browser in tests and benchmarks: headless Chromium, a hub's pages, what a person would notice.

Owns finding and starting Chromium, signing in, and listening for errors of a page. Refuses to download a
browser, and to let a page reach another host.
"""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page, Request

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = (
    "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update",
    "--disable-sync", "--no-first-run",
)  # fmt: skip
MISSING = "Chromium is missing, and the browser tests need it. Install it: apt-get install chromium"
PATIENCE_MS = 20_000


def find_chromium() -> str | None:
    """Return the path of a Chromium on this machine, or None."""
    return next((found for name in NAMES if (found := shutil.which(name))), None)


@contextmanager
def chromium() -> Iterator["Browser"]:
    """Yield a headless Chromium; ended at the end. Raises: RuntimeError with the install line."""
    from playwright.sync_api import sync_playwright

    path = find_chromium()
    if path is None:
        raise RuntimeError(MISSING)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(FLAGS), headless=True)
        try:
            yield browser
        finally:
            browser.close()


@dataclass
class Visitor:
    """A person with a browser window of their own. `noticed` is what went wrong in the pages meanwhile."""

    page: "Page"
    url: str
    noticed: list[str] = field(default_factory=list)
    strangers: list[str] = field(default_factory=list)

    def go(self, path: str) -> "Page":
        """Return the page after it has opened `path` of the hub."""
        self.page.goto(self.url + path)
        return self.page

    def sign_in(self, email: str, password: str) -> "Page":
        """Return the page with the navigation of a signed-in person on it."""
        page = self.go("/sign-in")
        page.locator("input[name=email]").fill(email)
        page.locator("input[name=password]").fill(password)
        page.keyboard.press("Enter")
        page.locator("nav").wait_for()
        return page


@contextmanager
def visitor(browser: "Browser", url: str, *, language: str = "en", **options: Any) -> Iterator[Visitor]:
    """Yield a person before a new window: language "en" or "fr", further options as Playwright's contexts."""
    locale = {"en": "en-GB", "fr": "fr-FR"}[language]
    context: BrowserContext = browser.new_context(
        locale=locale, **{"reduced_motion": "reduce", "viewport": {"width": 1440, "height": 900}, **options}
    )
    context.set_default_timeout(PATIENCE_MS)
    page = context.new_page()
    it = Visitor(page, url)
    page.on("pageerror", lambda error: it.noticed.append(f"{page.url}: {error}"))
    page.on(
        "console",
        lambda line: it.noticed.append(f"{page.url}: {line.text}") if _is_worth_telling(line) else None,
    )
    page.on("request", lambda request: _note_stranger(it, request))
    try:
        yield it
    finally:
        context.close()


def drop_files(page: "Page", selector: str, paths: list[Path]) -> None:
    """Files and folders from the machine's own windows are dropped on the element."""
    box = page.locator(selector).first.bounding_box()
    assert box is not None, f"nothing to drop on at {selector}"
    place = {"x": box["x"] + box["width"] / 2, "y": box["y"] + min(box["height"] / 2, 200)}
    data = {"items": [], "files": [str(path) for path in paths], "dragOperationsMask": 1}
    tools = page.context.new_cdp_session(page)
    for kind in ("dragEnter", "dragOver", "drop"):
        tools.send("Input.dispatchDragEvent", {"type": kind, **place, "data": data})
    tools.detach()


def _is_worth_telling(line: Any) -> bool:
    # A refused or missing answer is a page's to show; the browser prints it as an error by itself.
    return line.type in ("error", "warning") and "Failed to load resource" not in line.text


def _note_stranger(it: Visitor, request: "Request") -> None:
    host = urlsplit(request.url).netloc
    if host and host != urlsplit(it.url).netloc and not request.url.startswith(("blob:", "data:")):
        it.strangers.append(request.url)
