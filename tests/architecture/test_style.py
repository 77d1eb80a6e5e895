"""Sizes, names and openings of modules, as the house has them."""

import ast
import re
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from .conftest import Module

MODULE_LINES = 500
FUNCTION_LINES = 80
# Larger ones that are known. These lists may only shrink.
LONG_MODULES: set[str] = set()
LONG_FUNCTIONS: set[str] = set()
# Calls that read as a sentence with their arguments in order.
MANY_POSITIONS = {"hub.accounts.service.record_event"}
VAGUE_NAMES = {"utils", "util", "helpers", "helper", "common", "manager", "managers", "misc"}
# Rooms whose import must cost nothing but definitions.
QUIET_ROOMS = (
    "kit",
    "geometry",
    "quality",
    "stats",
    "problems",
    "wire",
    "formats",
    "runtime",
    "edge",
    "client",
)


def test_every_module_opens_with_what_it_owns(modules: "list[Module]") -> None:
    silent = [m.name for m in modules if not ast.get_docstring(m.tree)]
    assert not silent, f"Modules without a docstring: {silent}"


def test_a_module_is_one_idea_long(modules: "list[Module]") -> None:
    long = {m.name for m in modules if m.n_lines > MODULE_LINES}
    assert not long - LONG_MODULES, f"Over {MODULE_LINES} lines, split by idea: {sorted(long - LONG_MODULES)}"
    assert not LONG_MODULES - long, f"Take these out of LONG_MODULES: {sorted(LONG_MODULES - long)}"


def test_a_function_fits_on_a_screen(modules: "list[Module]") -> None:
    long = {
        f"{m.name}.{f.name}"
        for m in modules
        for f in m.functions()
        if (f.end_lineno or f.lineno) - f.lineno + 1 > FUNCTION_LINES
    }
    assert not long - LONG_FUNCTIONS, f"Over {FUNCTION_LINES} lines: {sorted(long - LONG_FUNCTIONS)}"
    assert not LONG_FUNCTIONS - long, f"Take these out of LONG_FUNCTIONS: {sorted(LONG_FUNCTIONS - long)}"


def test_a_module_is_named_after_its_idea(modules: "list[Module]") -> None:
    vague = [m.name for m in modules if VAGUE_NAMES & set(m.name.split("."))]
    assert not vague, f"Name the idea instead: {vague}"


def test_public_functions_say_what_is_true_when_they_return(modules: "list[Module]") -> None:
    silent = [
        f"{m.name}.{node.name}"
        for m in modules
        if m.path.stem != "queries"  # there the name and the select say it all
        for node in m.tree.body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
        and not node.name.startswith("_")
        and not ast.get_docstring(node)
        and not _is_overload(node)
    ]
    assert not silent, f"Without a docstring: {silent}"


def test_a_function_takes_few_arguments_by_position(modules: "list[Module]") -> None:
    """Four by position at most in a public function: from there on a call says what it means."""
    many = {
        f"{module.name}.{node.name}"
        for module in modules
        if not module.name.startswith(("recipes.", "cli."))  # order of the formula; options by name
        for node in module.tree.body
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_") and not node.decorator_list
        if len(node.args.args) + len(node.args.posonlyargs) > 4
    }
    assert not many - MANY_POSITIONS, f"Make the later ones keyword-only: {sorted(many - MANY_POSITIONS)}"
    assert not MANY_POSITIONS - many, f"Take out of MANY_POSITIONS: {sorted(MANY_POSITIONS - many)}"


def test_importing_a_low_room_only_defines_things(modules: "list[Module]") -> None:
    busy = [
        f"{m.name}:{node.lineno}"
        for m in modules
        if m.name.split(".")[0] in QUIET_ROOMS
        for node in m.tree.body
        if not _only_defines(node)
    ]
    assert not busy, f"Work at import, move it into a function: {busy}"


def test_nothing_is_left_for_later(modules: "list[Module]") -> None:
    mark = re.compile(
        r"\b(" + "|".join(("TO" + "DO", "FIX" + "ME", "X" * 3, "raise NotImplemented" + "Error")) + r")\b"
    )
    left = [m.name for m in modules if mark.search(m.path.read_text())]
    assert not left, f"Unfinished code: {left}"


def test_no_path_of_one_machine_stands_in_a_file(tracked: "list[Path]", root: "Path") -> None:
    path = re.compile(r"(?<![\w./-])/(?:root|work|mnt|home/\w+|Users/\w+|tmp/\w+)/")
    broken = []
    for file in tracked:
        try:
            text = file.read_text()
        except UnicodeDecodeError:
            continue
        broken += [
            f"{file.relative_to(root)}:{number}"
            for number, line in enumerate(text.splitlines(), start=1)
            if path.search(line)
        ]
    assert not broken, f"Paths of one machine: {broken}"


@pytest.mark.parametrize("folder", ["tests", "benchmarks"])
def test_tests_and_benchmarks_keep_the_same_size(folder: str, root: "Path") -> None:
    long = [p.name for p in (root / folder).rglob("*.py") if len(p.read_text().splitlines()) > MODULE_LINES]
    assert not long, f"Over {MODULE_LINES} lines: {long}"


def _only_defines(node: ast.stmt) -> bool:
    """Say whether a statement at module level is a definition, an import, or a line in a visible registry."""
    if isinstance(node, ast.Expr):
        value = node.value
        is_registration = (
            isinstance(value, ast.Call)
            and isinstance(value.func, ast.Attribute)
            and value.func.attr in {"register", "model_rebuild"}
        )
        return isinstance(value, ast.Constant) or is_registration
    if isinstance(node, ast.If):
        return isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"
    return not isinstance(node, ast.For | ast.While | ast.With | ast.Try | ast.Delete | ast.Raise)


def _is_overload(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> bool:
    return any(isinstance(d, ast.Name) and d.id == "overload" for d in node.decorator_list)
