"""The wheel carries what it needs, and `perenne[edge]` asks for nothing of the hub or the trainer.

A clean environment is made without a network: of the packages that are here, it gets those that the wheel's
own metadata asks for, and pip (with no index) judges whether that is enough.
"""

import subprocess
import sys
import zipfile
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

pytestmark = pytest.mark.xdist_group("wheel")
ROOT = Path(__file__).resolve().parents[2]
FOREIGN = {"torch", "fastapi", "sqlalchemy", "dbos", "uvicorn", "scikit-learn", "scipy", "onnx", "obstore"}


@pytest.fixture(scope="module")
def edge_python(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python of an environment with `perenne[edge]` from the wheel, and nothing it did not ask for."""
    folder = tmp_path_factory.mktemp("clean")
    subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
    python = folder / "bin" / "python"
    site = next((folder / "lib").glob("python*/site-packages"))
    for name in closure("perenne", extras={"edge"}) - {"perenne"}:
        link_distribution(name, site)
    command = [str(python), "-m", "pip", "install", "--no-index", "--quiet", f"{wheel}[edge]"]
    installed = subprocess.run(command, capture_output=True, text=True)
    assert installed.returncode == 0, installed.stdout + installed.stderr
    return python


def test_the_wheel_holds_every_room_and_no_test(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    source = {p.relative_to(ROOT / "src").as_posix() for p in (ROOT / "src").rglob("*") if is_shipped(p)}
    assert source <= set(names), f"missing: {sorted(source - set(names))}"
    strangers = [n for n in names if not n.startswith(("perenne/", "perenne-"))]
    assert not strangers
    assert any(n.endswith("licenses/LICENSE") for n in names)
    assert any(n.endswith("licenses/NOTICE") for n in names)


def test_the_edge_extra_drags_in_neither_torch_nor_the_hub(edge_python: Path) -> None:
    listed = subprocess.run(
        [str(edge_python), "-m", "pip", "list", "--format", "freeze"],
        capture_output=True,
        text=True,
        check=True,
    )
    installed = {canonicalize_name(line.partition("==")[0]) for line in listed.stdout.splitlines()}
    assert "perenne" in installed
    assert not installed & FOREIGN


def test_inspection_sdk_and_command_line_work_in_the_clean_environment(edge_python: Path) -> None:
    statement = "import perenne.runtime, perenne.client, perenne.quality, perenne.problems"
    done = subprocess.run([str(edge_python), "-c", statement], capture_output=True, text=True, cwd="/")
    assert done.returncode == 0, done.stderr[-2000:]
    shown = subprocess.run(
        [str(edge_python.parent / "perenne"), "--help"], capture_output=True, text=True, cwd="/"
    )
    assert shown.returncode == 0, shown.stderr[-2000:]
    assert "inspect" in shown.stdout


def test_a_command_that_needs_more_names_the_extra(edge_python: Path, tmp_path: Path) -> None:
    """Never a traceback: what is missing, and what to install."""
    done = subprocess.run(
        [str(edge_python.parent / "perenne"), "--data", str(tmp_path), "hub"],
        capture_output=True, text=True, cwd="/", timeout=60,
    )  # fmt: skip
    assert done.returncode == 1
    assert "perenne[hub]" in done.stderr
    assert "Traceback" not in done.stderr


def closure(name: str, *, extras: set[str], seen: set[tuple[str, str]] | None = None) -> set[str]:
    """Return `name` and every distribution that it needs, directly or not, with `extras`."""
    seen = set() if seen is None else seen
    found = {canonicalize_name(name)}
    for extra in extras | {""}:
        if (found_key := (canonicalize_name(name), extra)) in seen:
            continue
        seen.add(found_key)
        for requirement in requirements_of(name, extra=extra):
            found |= closure(requirement.name, extras=set(requirement.extras), seen=seen)
    return found


def requirements_of(name: str, *, extra: str) -> Iterator[Requirement]:
    """Yield what `name` asks for on this machine, with `extra` (or with none)."""
    try:
        lines = distribution(name).requires or []
    except PackageNotFoundError:
        pytest.fail(f"{name} is needed and is not here")
    for line in lines:
        requirement = Requirement(line)
        if requirement.marker is None or requirement.marker.evaluate({"extra": extra}):
            yield requirement


def link_distribution(name: str, site: Path) -> None:
    """Make an installed distribution visible in another environment."""
    found = distribution(name)
    home = Path(str(found.locate_file("")))
    tops = {file.parts[0] for file in found.files or [] if file.parts[0] not in {"..", "__pycache__"}}
    for top in tops:
        if not (site / top).exists():
            (site / top).symlink_to(home / top)


def is_shipped(path: Path) -> bool:
    """Say whether a file of the source tree belongs into the wheel."""
    return path.is_file() and "__pycache__" not in path.parts and path.suffix != ".pyc"
