"""The source code as data: every module of `perenne`, read once, never imported."""

import ast
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "src" / "perenne"


@dataclass(frozen=True)
class Module:
    """One source file: its dotted name (`hub.images.api`, without `perenne.`), its tree and its length."""

    name: str
    path: Path
    tree: ast.Module
    n_lines: int

    @property
    def hub_room(self) -> str | None:
        """The room of the hub that the module belongs to."""
        parts = self.name.split(".")
        return parts[1] if parts[0] == "hub" and len(parts) > 1 and parts[1] in hub_rooms() else None

    def imports(self) -> Iterator[tuple[str, int]]:
        """Yield every imported module or member with its line, also those inside functions."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                yield from ((alias.name, node.lineno) for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                assert node.level == 0, f"{self.path}:{node.lineno}: write the whole name of the module"
                yield from ((f"{node.module}.{alias.name}", node.lineno) for alias in node.names)

    def functions(self) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
        """Yield every function and method."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield node


def hub_rooms() -> list[str]:
    """Return the names of the hub's rooms."""
    return sorted({path.parent.name for path in (PACKAGE / "hub").glob("*/*.py")})


@pytest.fixture(scope="session")
def root() -> Path:
    """The checkout."""
    return ROOT


@pytest.fixture(scope="session")
def package() -> Path:
    """The folder of the rooms."""
    return PACKAGE


@pytest.fixture(scope="session")
def modules() -> list[Module]:
    """Every module of the package that a person writes: migrations are made from the tables."""
    found = []
    for path in sorted(p for p in PACKAGE.rglob("*.py") if p.parent.name != "versions"):
        text = path.read_text()
        name = ".".join(path.relative_to(PACKAGE).with_suffix("").parts).removesuffix("__init__").rstrip(".")
        found.append(Module(name=name, path=path, tree=ast.parse(text), n_lines=len(text.splitlines())))
    return found


@pytest.fixture(scope="session")
def tracked(root: Path) -> list[Path]:
    """Every file under version control that is there."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=root, capture_output=True, text=True)
    if listed.returncode:
        pytest.skip("not a checkout: there is no list of tracked files")
    return [root / name for name in listed.stdout.split("\0") if name and (root / name).is_file()]
