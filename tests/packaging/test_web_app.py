"""Wheel and sdist carry the built web app; who has an sdist needs no Node; who wants no app gets none."""

import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from .conftest import Builder

pytestmark = pytest.mark.xdist_group("wheel")

FIRST_PAGE_BYTES_GZ = 220_000
FIRST_PAGE = """
import sys
from pathlib import Path
from fastapi.testclient import TestClient
import perenne
from perenne.hub.app import create_app, open_hub
from perenne.hub.settings import Settings

assert Path(perenne.__file__).is_relative_to(sys.argv[1]), perenne.__file__
app = create_app(open_hub(Settings(data=Path(sys.argv[2]))))
answer = TestClient(app).get("/", headers={"Accept": "text/html"})
print(answer.status_code, answer.headers["content-type"], answer.text)
"""


def test_the_wheel_holds_the_built_app_with_its_compressed_variants(wheel: Path) -> None:
    app = app_of(wheel)
    page = app["index.html"].decode()
    needed = re.findall(r'(?:src|href)="/(assets/[^"]+)"', page)
    assert needed
    for name in needed:
        assert name in app
        if len(app[name]) > 1024 and name.endswith((".js", ".css")):
            assert {f"{name}.br", f"{name}.gz"} <= set(app)


def test_the_first_page_loads_no_more_than_is_allowed(wheel: Path) -> None:
    app = app_of(wheel)
    scripts = re.findall(r'(?:src|href)="/(assets/[^"]+[.]js)"', app["index.html"].decode())
    assert sum(len(app.get(f"{name}.gz", app[name])) for name in scripts) <= FIRST_PAGE_BYTES_GZ


def test_the_wheel_names_the_packages_that_the_app_is_made_of(wheel: Path) -> None:
    licences = {row["name"]: row for row in json.loads(app_of(wheel)["licences.json"])}
    assert licences["react"]["licence"] == "MIT"
    assert licences["@fontsource-variable/inter"]["licence"] == "OFL-1.1"
    assert "vite" not in licences
    assert b"Permission is hereby granted" in app_of(wheel)["licences.txt"]


def test_the_sdist_holds_the_built_app_and_what_it_is_made_from(sdist: Path, wheel: Path) -> None:
    with tarfile.open(sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert {f"src/perenne/web/{name}" for name in app_of(wheel)} <= names
    assert {"web/package.json", "web/package-lock.json", "hatch_build.py"} <= names
    assert not [name for name in names if "node_modules" in name]


def test_a_wheel_from_the_sdist_needs_no_node(
    unpacked: Path, wheel: Path, builder: "Builder", tmp_path: Path
) -> None:
    asked = builder.ask(unpacked, "get_requires_for_build_wheel", node=False)
    assert asked.stdout.strip() == "[]", asked.stderr
    again = builder.make(unpacked, "wheel", tmp_path, node=False)
    assert app_of(again) == app_of(wheel)


def test_changed_sources_ask_for_node_and_say_so_where_it_is_missing(
    unpacked: Path, builder: "Builder", tmp_path: Path, hatch_build: ModuleType
) -> None:
    project = Path(shutil.copytree(unpacked, tmp_path / "changed"))
    with (project / "web" / "index.html").open("a") as page:
        page.write("<!-- another -->\n")
    asked = builder.ask(project, "get_requires_for_build_wheel", node=False)
    assert asked.stdout.strip() == str([hatch_build.NODE])
    refused = builder.ask(project, "build_wheel", str(tmp_path), node=False)
    assert refused.returncode == 1
    assert f"pip install {hatch_build.NODE}" in refused.stderr
    assert "PERENNE_WEB=skip" in refused.stderr
    assert "Traceback" not in refused.stderr


def test_without_the_app_the_hub_starts_and_says_so(
    unpacked: Path, builder: "Builder", tmp_path: Path
) -> None:
    bare = builder.make(unpacked, "wheel", tmp_path, node=False, web="skip")
    assert not app_of(bare)
    installed = tmp_path / "installed"
    zipfile.ZipFile(bare).extractall(installed)
    shown = subprocess.run(
        [sys.executable, "-c", FIRST_PAGE, str(installed), str(tmp_path / "data")],
        env={**os.environ, "PYTHONPATH": str(installed)},
        cwd=tmp_path, capture_output=True, text=True,
    )  # fmt: skip
    assert shown.returncode == 0, shown.stderr[-3000:]
    assert "200 text/html" in shown.stdout
    assert "dev.py" in shown.stdout
    assert "/docs" in shown.stdout


def test_a_wish_that_nobody_knows_is_refused_by_name(unpacked: Path, builder: "Builder") -> None:
    refused = builder.ask(unpacked, "get_requires_for_build_wheel", web="later")
    assert refused.returncode == 1
    assert "PERENNE_WEB is 'later'" in refused.stderr + refused.stdout
    assert "Traceback" not in refused.stderr


def app_of(wheel: Path) -> dict[str, bytes]:
    """Return the files of the web app in a wheel, by their name in the app."""
    with zipfile.ZipFile(wheel) as archive:
        return {
            name.removeprefix("perenne/web/"): archive.read(name)
            for name in archive.namelist()
            if name.startswith("perenne/web/")
        }
