"""The web app keeps to the house: rooms, sizes, direction, tokens, texts in two languages, no other host."""

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from .conftest import PACKAGE, ROOT, hub_rooms

WEB = ROOT / "web"
SRC = WEB / "src"
LINES = 250
GENERATED = {"schema.d.ts", "openapi.json"}
# What a folder of web/src may import of the others; app and rooms may import them all.
BELOW = {
    "api": set[str](),
    "ui": {"api"},
    "charts": {"api", "ui"},
    "editor": {"api", "ui"},
    "problems": {"api", "ui", "charts", "editor"},
}
COLOUR = re.compile(
    r"#(?:[0-9a-fA-F]{3,4}|[0-9a-fA-F]{6}|[0-9a-fA-F]{8})\b(?!\w)|\b(?:rgb|hsl|hwb|lab|lch|oklab|oklch)a?\(",
)
NAMED_COLOUR = re.compile(
    r"""(?:["']|:\s*)(?:white|black|red|pink|grape|violet|indigo|blue|cyan|teal|green|lime|yellow|orange"""
    r"""|gr[ae]y|purple|brown)(?:\.\d)?(?:["';]|\s*$)""",
    re.M,
)
LOOPBACK_AND_NAMES = re.compile(r"https?://(?:127\.0\.0\.1|localhost|www\.w3\.org/)")
LANGUAGES = ("en", "fr")
PLURAL = re.compile(r"_(zero|one|two|few|many|other)$")


@dataclass(frozen=True)
class Source:
    """One file of the web app: its place below web/, and its text, without comments where it is code."""

    name: str
    text: str

    @property
    def folder(self) -> str:
        """The folder of web/src that it stands in."""
        return self.name.split("/")[1]


def read(path: Path) -> Source:
    """Return a file with its comments taken out, every line in its place."""
    text = path.read_text(encoding="utf-8")
    if path.suffix in {".ts", ".tsx", ".css"}:
        text = re.sub(r"/\*.*?\*/", lambda comment: "\n" * comment[0].count("\n"), text, flags=re.S)
    if path.suffix in {".ts", ".tsx"}:
        text = re.sub(r"(^|\s)//.*$", "", text, flags=re.M)
    return Source(path.relative_to(WEB).as_posix(), text)


SOURCES = [
    read(path)
    for path in sorted(SRC.rglob("*"))
    if path.suffix in {".ts", ".tsx", ".css"} and path.name not in GENERATED
]
CODE = [source for source in SOURCES if not source.name.endswith(".css")]
SHOWN = [source for source in CODE if ".test." not in source.name]


def found(pattern: re.Pattern[str], sources: list[Source]) -> list[str]:
    """Return where a pattern stands, as `file:line what`."""
    return [
        f"{source.name}:{source.text[: hit.start()].count(chr(10)) + 1} {hit[0].strip()}"
        for source in sources
        for hit in pattern.finditer(source.text)
    ]


def test_a_file_is_one_idea_long() -> None:
    long = {s.name: s.text.count("\n") for s in CODE if s.text.count("\n") > LINES}
    assert not long, f"Over {LINES} lines, split by idea: {long}"


def test_rooms_and_problems_carry_the_names_they_have_in_python() -> None:
    rooms = {path.name for path in (SRC / "rooms").iterdir() if path.is_dir()}
    assert rooms <= set(hub_rooms()), f"No room of the hub: {sorted(rooms - set(hub_rooms()))}"
    known = {path.parent.name for path in (PACKAGE / "problems").glob("*/__init__.py")}
    problems = {path.name for path in (SRC / "problems").glob("*") if path.is_dir()}
    assert problems <= known, f"No problem: {sorted(problems - known)}"


def test_a_file_is_named_after_its_idea() -> None:
    vague = {"utils", "util", "helpers", "helper", "common", "manager", "misc"}
    assert not [s.name for s in SOURCES if vague & set(re.split(r"[/.]", s.name.lower()))]


def test_shared_folders_know_nothing_of_rooms_and_imports_go_down_only() -> None:
    imported = re.compile(r"""(?:from|import)\s*\(?\s*["']@/(\w+)""")
    broken = [
        f"{source.name} imports @/{hit[1]}"
        for source in SOURCES
        if source.folder in BELOW
        for hit in imported.finditer(source.text)
        if hit[1] not in BELOW[source.folder] | {source.folder, "locales"}
    ]
    assert not broken, broken


def test_colours_stand_in_the_tokens_only() -> None:
    others = [source for source in SOURCES if source.name != "src/app/tokens.css"]
    literal = found(COLOUR, others) + found(NAMED_COLOUR, others)
    assert not literal, "Take a token (var(--p-...)) of app/tokens.css:\n" + "\n".join(literal)


def test_no_other_host_is_named() -> None:
    pages = [read(WEB / "index.html"), *(read(p) for p in (WEB / "public").rglob("*.svg"))]
    host = re.compile(r"""(?:https?:)?//[\w-]+\.[\w.-]+[^\s"'`)]*|https?://[^\s"'`)]+""")
    named = [line for line in found(host, [*SOURCES, *pages]) if not LOOPBACK_AND_NAMES.search(line)]
    assert not named, named


def test_packages_are_pinned_and_the_lock_names_no_registry() -> None:
    manifest = json.loads((WEB / "package.json").read_text())
    lock = json.loads((WEB / "package-lock.json").read_text())
    wanted = {**manifest["dependencies"], **manifest["devDependencies"]}
    assert not [f"{n} {v}" for n, v in wanted.items() if not re.fullmatch(r"\d+\.\d+\.\d+", v)]
    assert wanted == {**lock["packages"][""]["dependencies"], **lock["packages"][""]["devDependencies"]}
    assert not [n for n, package in lock["packages"].items() if "resolved" in package], "see web/.npmrc"
    # npm's launcher does not survive the way through a wheel: a script calls the tools themselves.
    assert not [n for n, line in manifest["scripts"].items() if re.search(r"\bnp[mx]\b", line)]


# --- texts ----------------------------------------------------------------------------------------


def leaves(texts: dict[str, Any], *, before: str = "") -> dict[str, str]:
    """Return the texts by their whole key."""
    found: dict[str, str] = {}
    for key, value in texts.items():
        if isinstance(value, dict):
            found |= leaves(value, before=f"{before}{key}.")
        else:
            assert isinstance(value, str), f"{before}{key} is no text"
            found[before + key] = value
    return found


TEXTS = {
    language: {
        path.stem: leaves(json.loads(path.read_text(encoding="utf-8")))
        for path in (SRC / "locales" / language).glob("*.json")
    }
    for language in LANGUAGES
}
ROOM_TEXTS = sorted({room for texts in TEXTS.values() for room in texts})


@pytest.mark.parametrize("room", ROOM_TEXTS)
def test_both_languages_have_the_same_texts_with_the_same_gaps(room: str) -> None:
    english, french = (TEXTS[language].get(room, {}) for language in ("en", "fr"))
    bare = [{PLURAL.sub("", key) for key in texts} for texts in (english, french)]
    assert not bare[0] ^ bare[1], f"{room}: not in both languages: {sorted(bare[0] ^ bare[1])}"
    gaps = [{PLURAL.sub("", key): set(re.findall(r"{{-?\s*([\w.]+)", text)) for key, text in texts.items()}
            for texts in (english, french)]  # fmt: skip
    differing = [key for key in bare[0] if gaps[0][key] - {"count"} != gaps[1][key] - {"count"}]
    assert not differing, f"{room}: other variables in the other language: {differing}"
    empty = [{key for key, text in texts.items() if not text.strip()} for texts in (english, french)]
    assert not empty[0] ^ empty[1], f"{room}: empty in one language: {sorted(empty[0] ^ empty[1])}"


@pytest.mark.parametrize("room", ROOM_TEXTS)
def test_a_french_sign_never_opens_a_line(room: str) -> None:
    torn = {
        key: text for key, text in TEXTS["fr"].get(room, {}).items() if re.search(r" [:;?!%»]|« |'", text)
    }
    assert not torn, f"{room}: use U+00A0 before : and », U+202F before ; ? ! %, and ’ for ': {torn}"


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("room", ROOM_TEXTS)
def test_a_counted_text_has_its_one_and_its_other(language: str, room: str) -> None:
    forms: dict[str, set[str]] = {}
    for key in TEXTS[language].get(room, {}):
        if form := PLURAL.search(key):
            forms.setdefault(PLURAL.sub("", key), set()).add(form[1])
    # A single ending may be a word: too_few.
    words = ({"few"}, {"other"}, {"many"})
    halved = {key: has for key, has in forms.items() if not {"one", "other"} <= has and has not in words}
    assert not halved, f"{language}/{room}.json: {halved}"


def test_every_deed_on_record_has_its_words() -> None:
    told = {key.removeprefix("audit.act.") for key in TEXTS["en"]["accounts"] if key.startswith("audit.act.")}
    deeds = {
        hit[1].replace(".", "_").replace("-", "_")
        for path in PACKAGE.joinpath("hub").rglob("*.py")
        for call in re.finditer(r"\brecord_event\(([^()]*)", path.read_text(encoding="utf-8"))
        for hit in re.finditer(r'(?<![\w"])"([a-z-]+\.[a-z_-]+)"', call[1])
    }
    assert deeds and deeds <= told, f"Add them to audit.act of accounts.json: {sorted(deeds - told)}"


def test_every_job_has_its_words() -> None:
    kinds = {
        hit[1].replace(".", "_")
        for path in PACKAGE.joinpath("hub").rglob("*.py")
        for line in re.findall(r"^[A-Z_, ]+_JOB = (.*)$", path.read_text(encoding="utf-8"), re.MULTILINE)
        for hit in re.finditer(r'"([a-z]+\.[a-z_]+)"', line)
    }
    told = {key.removeprefix("jobs.kind.") for key in TEXTS["en"]["app"] if key.startswith("jobs.kind.")}
    assert kinds == told


def test_every_text_that_is_asked_for_exists() -> None:
    missing = []
    for source in SHOWN:
        rooms = rooms_of(source)
        for key, line in keys_of(source):
            if not is_told(key, rooms):
                missing.append(f"{source.name}:{line} {key} ({' or '.join(rooms)})")
    assert not missing, "\n".join(missing)


def test_every_text_is_asked_for() -> None:
    """A text that no page shows any more goes. Keys may also stand in data, apart from the call."""
    anywhere: set[str] = set()
    for source in SHOWN:
        anywhere |= {
            hit[1].rpartition(":")[2] for hit in re.finditer(r"""["'`]([\w:.-]+)["'`]""", source.text)
        }
        anywhere |= {with_gaps(hit[1]) for hit in re.finditer(r"`([\w.${}-]*\$\{[^`\n]+)`", source.text)}
    anywhere = {key for key in anywhere if key.strip("*.:")}
    unasked = []
    for room, texts in TEXTS["en"].items():
        asked = anywhere | {
            key.rpartition(":")[2]
            for source in SHOWN
            for key, _ in keys_of(source)
            if room in (key.partition(":")[0], *rooms_of(source))
        }
        patterns = [re.compile(re.escape(key).replace(r"\*", ".+")) for key in asked if "*" in key]
        for key in texts:
            forms = {key, PLURAL.sub("", key)}
            if not forms & asked and not any(
                pattern.fullmatch(form) for pattern in patterns for form in forms
            ):
                unasked.append(f"{room}:{key}")
    assert not unasked, f"Take them out of both languages: {unasked}"


def rooms_of(source: Source) -> list[str]:
    """Return the files of texts that a source asks: those it names; any, when it is given its `t`."""
    named = re.findall(r"useTranslation\(([^)]*)\)", source.text)
    if not named:
        return ROOM_TEXTS
    rooms = {room for arguments in named for room in re.findall(r"""["'](\w+)["']""", arguments)}
    return sorted(rooms | ({"ui"} if any(not arguments.strip() for arguments in named) else set()))


def keys_of(source: Source) -> list[tuple[str, int]]:
    """Return the keys that a source asks for, with their lines; a gap in a key is written `*`."""
    call = r"""\bt\(\s*|i18nKey=\{?"""
    literal = re.compile(rf"""(?:{call})["']([^"'\n]+)["']""")
    template = re.compile(rf"(?:{call})`([^`\n]+)`")
    keys = [(hit[1], hit.start()) for hit in literal.finditer(source.text)]
    for hit in template.finditer(source.text):
        keys.append((with_gaps(hit[1]), hit.start()))
    return [(key, source.text[:start].count("\n") + 1) for key, start in keys]


def with_gaps(template: str) -> str:
    """Return a template text with `*` where it has a gap."""
    return re.sub(r"\$\{[^{}]*(?:\{[^{}]*\}[^{}]*)*\}", "*", template)


def is_told(key: str, rooms: list[str]) -> bool:
    """Say whether English has the key, as it is or as a counted text; `*` stands for anything."""
    room, colon, rest = key.rpartition(":")
    wanted = re.compile(re.escape(rest).replace(r"\*", ".+") + r"(_(zero|one|two|few|many|other))?")
    asked = [room] if colon else rooms
    if "*" in room:
        asked = ROOM_TEXTS
    return any(wanted.fullmatch(known) for r in asked for known in TEXTS["en"].get(r, {}))
