"""The documentation says what the code does: settings, commands, roles, extension points, links."""

import ast
import importlib
import importlib.util
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from .conftest import Module

REMEDY = "Run .venv/bin/python docs/reference/generate.py"
# Told by one process of ours to another, or a word that a built page holds: never set by a person.
INTERNAL_VARIABLES = {"PERENNE_TRAINER_PID", "PERENNE_NONCE"}


@pytest.fixture(scope="module")
def generator(root: Path) -> ModuleType:
    """The script that makes the reference pages."""
    spec = importlib.util.spec_from_file_location("generate", root / "docs" / "reference" / "generate.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("page", ["settings", "cli", "roles", "recipes"])
def test_a_reference_page_is_as_the_code_makes_it(page: str, generator: ModuleType, root: Path) -> None:
    made = getattr(generator, f"{page}_page")()
    assert (root / "docs" / "reference" / f"{page}.md").read_text() == made, REMEDY


def test_every_variable_that_is_read_is_documented(
    modules: "list[Module]", generator: ModuleType, root: Path
) -> None:
    sources = [m.path for m in modules] + [root / "dev.py", root / "hatch_build.py"]
    read = {
        name for path in sources for name in re.findall(r"\bPERENNE_[A-Z][A-Z_]*[A-Z]\b", path.read_text())
    }
    documented = set(re.findall(r"`(PERENNE_\w+)`", generator.settings_page()))
    assert not read - documented - INTERNAL_VARIABLES, (
        "Add it to Settings or to FURTHER_VARIABLES of generate.py"
    )
    assert not set(generator.FURTHER_VARIABLES) - read, "Documented, but nothing reads it"


def test_every_registry_is_a_documented_extension_point(modules: "list[Module]", root: Path) -> None:
    assert registries(modules) == set(documented_points(root)), "docs/reference/extension-points.md"


def test_an_extension_point_has_two_members_and_names_them_all(root: Path) -> None:
    for name, members in documented_points(root).items():
        module, _, attribute = name.rpartition(".")
        if module.endswith(".events"):
            continue
        # In a process of its own: another test of this one may have added a member for itself.
        asked = f"import {module}; print(*{module}.{attribute}.names())"
        answer = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)
        names = answer.stdout.split()
        assert len(names) >= 2, f"{name} has {names}"
        assert set(names) == set(members), f"{name}: the page says {members}"


def test_the_contract_and_the_promise_of_an_extension_point_exist(root: Path) -> None:
    text = (root / "docs" / "reference" / "extension-points.md").read_text()
    missing = [path for path in re.findall(r"`(tests/\S+)`", text) if not (root / path).exists()]
    assert not missing
    for name in re.findall(r"^- Promise: `([\w.]+)`", text, re.M):
        module, _, attribute = name.rpartition(".")
        assert hasattr(importlib.import_module(module), attribute), name


def test_links_between_pages_lead_somewhere(root: Path) -> None:
    broken = []
    for page in [*root.glob("*.md"), *root.glob("docs/**/*.md")]:
        for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", page.read_text()):
            if not re.match(r"https?:", target) and not (page.parent / target).exists():
                broken.append(f"{page.relative_to(root)} -> {target}")
    assert not broken, f"Links that lead nowhere: {broken}"


def test_every_command_that_a_page_shows_exists(generator: ModuleType, root: Path) -> None:
    """A line of a shell block that calls `perenne` names a command and options of the reference page."""
    reference = generator.cli_page()
    usages = [line.split() for line in re.findall(r"^perenne .*$", reference, re.M)]
    broken = []
    for page in [root / "README.md", *root.glob("docs/*/*.md")]:
        for block in re.findall(r"^```(?:sh|)\n(.*?)^```", page.read_text(), re.M | re.S):
            for line in re.findall(r"^(?:\.venv/bin/)?(perenne .*)$", block.replace("\\\n", " "), re.M):
                if page.name != "cli.md" and not known(line.split("#")[0].split(), usages):
                    broken.append(f"{page.relative_to(root)}: {line}")
                options = re.findall(r"(?<=\s)--[\w-]+", line.split("#")[0])
                broken += [
                    f"{page.name}: {o}" for o in options if f"`{o}`" not in reference and o != "--help"
                ]
    assert not broken, f"No such command: {broken}"


def known(words: list[str], usages: list[list[str]]) -> bool:
    """Say whether the fixed words of some usage line open `words`."""
    fixed = [[w for w in usage if re.fullmatch(r"[a-z][a-z-]*", w)] for usage in usages]
    return any(words[: len(f)] == f for f in fixed) or words[1:2] in (["--help"], ["COMMAND"])


def registries(modules: "list[Module]") -> set[str]:
    """Return the full name of every registry that a module holds."""
    found = set()
    for module in modules:
        for node in module.tree.body:
            value = node.value if isinstance(node, ast.AnnAssign | ast.Assign) else None
            if (
                isinstance(value, ast.Call)
                and isinstance(value.func, ast.Name)
                and value.func.id == "Registry"
            ):
                target = node.target if isinstance(node, ast.AnnAssign) else node.targets[0]
                assert isinstance(target, ast.Name)
                found.add(f"perenne.{module.name}.{target.id}")
    return found


def documented_points(root: Path) -> dict[str, list[str]]:
    """Return the registries of the page with the members it names."""
    text = (root / "docs" / "reference" / "extension-points.md").read_text()
    points = {}
    for section in text.split("\n## ")[1:]:
        members = re.search(r"^- Members: (.*)$", section, re.M)
        for name in re.findall(r"^- Registry: `([\w.]+)`", section, re.M):
            points[name] = re.findall(r"`([^`]+)`", members.group(1)) if members else []
    return points
