"""Two people at the same pages: one with a mouse, one with a keyboard only, in any of the app's languages."""

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from playwright.sync_api import expect

from perenne.testing.browsing import drop_files

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

LOCALES = Path(__file__).parents[2] / "web" / "src" / "locales"
MOST_TABS = 120


class Words:
    """The app's own texts: `words("imports.drop.folder")` is what the button says in this language."""

    def __init__(self, language: str) -> None:
        self.language = language
        self._rooms: dict[str, Any] = {}

    def __call__(self, key: str, **values: Any) -> str:
        room, *path = key.split(".")
        if room not in self._rooms:
            self._rooms[room] = json.loads((LOCALES / self.language / f"{room}.json").read_text("utf-8"))
        text = self._rooms[room]
        for part in path:
            text = text[part]
        for name, value in values.items():
            text = text.replace(f"{{{{{name}}}}}", str(value))
        assert "{{" not in text, f"{key} needs values: {text}"
        return str(text)

    def start_of(self, key: str) -> "re.Pattern[str]":
        """Return what begins like the text, up to its first inserted value."""
        room, *path = key.split(".")
        raw: Any = json.loads((LOCALES / self.language / f"{room}.json").read_text("utf-8"))
        for part in path:
            raw = raw[part]
        return re.compile("^" + re.escape(str(raw).split("{{")[0].strip()))


class Mouse:
    """A person who points and clicks."""

    def __init__(self, page: "Page", words: Words) -> None:
        self.page, self.words = page, words
        self.scope: Page | Locator = page

    def open(self, opener: "Locator") -> "Locator":
        """Press what opens a dialog, and look only there from now on."""
        self.press(opener)
        dialog = self.page.get_by_role("dialog")
        dialog.wait_for()
        self.scope = dialog
        return dialog

    def leave(self) -> None:
        """Look at the whole page again."""
        self.scope = self.page

    def press(self, thing: "Locator") -> None:
        thing.first.click()

    def write(self, field: "Locator", text: str) -> None:
        field.first.fill(text)

    def choose(self, field: "Locator", option: str) -> None:
        field.first.click()
        self.page.get_by_role("option", name=re.compile(re.escape(option))).first.click()

    def bring(self, folder: Path) -> None:
        """A folder is dropped on the import page."""
        drop_files(self.page, "[data-testid=drop-zone]", [folder])

    def button(self, name: "str | re.Pattern[str]") -> "Locator":
        """Return what looks like a button of this name: a button, or a link to another page."""
        exact = isinstance(name, str)
        button = self.scope.get_by_role("button", name=name, exact=exact)
        return button.or_(self.scope.get_by_role("link", name=name, exact=exact))

    def field(self, name: str) -> "Locator":
        return self.scope.get_by_role("textbox", name=name).or_(self.scope.get_by_role("combobox", name=name))


class Keyboard(Mouse):
    """A person without a mouse: everything is reached with Tab and done with keys."""

    def reach(self, thing: "Locator") -> None:
        """The thing has the focus, and the focus can be seen."""
        thing.first.wait_for()
        for _ in range(MOST_TABS):
            if thing.first.evaluate("element => element === document.activeElement"):
                return
            self.page.keyboard.press("Tab")
        raise AssertionError(f"Tab does not reach {thing}")

    def press(self, thing: "Locator") -> None:
        expect(thing.first).to_be_enabled()
        self.reach(thing)
        self.page.keyboard.press("Enter")

    def write(self, field: "Locator", text: str) -> None:
        self.reach(field)
        self.page.keyboard.press("Control+A")
        self.page.keyboard.type(text)

    def choose(self, field: "Locator", option: str) -> None:
        self.reach(field)
        wanted = self.page.get_by_role("option", name=re.compile(re.escape(option))).first
        self.page.keyboard.press("ArrowDown")
        wanted.wait_for()
        for _ in range(MOST_TABS):
            if wanted.get_attribute("data-combobox-selected") == "true":
                break
            self.page.keyboard.press("ArrowDown")
        self.page.keyboard.press("Enter")

    def bring(self, folder: Path) -> None:
        """The folder is chosen in the window that the button opens."""
        with self.page.expect_file_chooser() as window:
            self.press(self.button(self.words("imports.drop.folder")))
        window.value.set_files(folder)
