"""When the web app is built, and what is read when it cannot be. On an app of one file, with real npm."""

import json
import shutil
from pathlib import Path
from types import ModuleType

import pytest

SCRIPT = """
import { appendFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
const out = process.argv[process.argv.indexOf("--outDir") + 1];
appendFileSync("../builds.txt", "built\\n");
mkdirSync(`${out}/assets`, { recursive: true });
writeFileSync(`${out}/index.html`, "<!doctype html>");
writeFileSync(`${out}/assets/app.js`, readFileSync("app.ts"));
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout whose web app needs no package, so that npm asks nobody."""
    monkeypatch.delenv("PERENNE_WEB", raising=False)
    web = tmp_path / "web"
    web.mkdir()
    (tmp_path / "src" / "perenne").mkdir(parents=True)
    manifest = {"name": "tiny", "version": "1.0.0", "type": "module", "scripts": {"build": "node build.mjs"}}
    lock = {"name": "tiny", "version": "1.0.0", "lockfileVersion": 3, "packages": {"": {"name": "tiny"}}}
    (web / "package.json").write_text(json.dumps(manifest))
    (web / "package-lock.json").write_text(json.dumps(lock))
    (web / "build.mjs").write_text(SCRIPT)
    (web / "app.ts").write_text("export const answer = 42;\n" * 100)
    return tmp_path


def test_the_app_is_built_once_for_the_same_sources(project: Path, hatch_build: ModuleType) -> None:
    assert hatch_build.must_build(project)
    hatch_build.build_app(project, say=print)
    assert not hatch_build.must_build(project)
    hatch_build.build_app(project, say=print)
    (project / "web" / "app.test.ts").write_text("// a test decides nothing about the app")
    (project / "web" / "node_modules" / "left.js").write_text("// neither does what npm leaves")
    hatch_build.build_app(project, say=print)
    assert builds(project) == 1


def test_changed_sources_are_built_and_packages_are_not_fetched_again(
    project: Path, hatch_build: ModuleType
) -> None:
    hatch_build.build_app(project, say=print)
    kept = project / "web" / "node_modules" / "kept.js"
    kept.write_text("// npm ci would take this away")
    (project / "web" / "app.ts").write_text("export const answer = 43;\n" * 100)
    assert hatch_build.must_build(project)
    hatch_build.build_app(project, say=print)
    assert builds(project) == 2
    assert kept.exists()
    served = project / "src" / "perenne" / "web" / "assets"
    assert "43" in (served / "app.js").read_text()
    assert {p.name for p in served.iterdir()} == {"app.js", "app.js.br", "app.js.gz"}


def test_another_lock_fetches_the_packages_again(project: Path, hatch_build: ModuleType) -> None:
    hatch_build.install_packages(project, say=print)
    assert hatch_build.has_packages(project)
    with (project / "web" / "package-lock.json").open("a") as lock:
        lock.write("\n")
    assert not hatch_build.has_packages(project)


def test_force_builds_the_same_sources_again_and_skip_builds_nothing(
    project: Path, hatch_build: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    hatch_build.build_app(project, say=print)
    monkeypatch.setenv("PERENNE_WEB", "force")
    assert hatch_build.must_build(project)
    hatch_build.build_app(project, say=print)
    assert builds(project) == 2
    monkeypatch.setenv("PERENNE_WEB", "skip")
    (project / "web" / "app.ts").write_text("export const answer = 44;\n")
    assert not hatch_build.must_build(project)


def test_a_build_that_fails_names_its_cause_and_leaves_the_app_before(
    project: Path, hatch_build: ModuleType
) -> None:
    hatch_build.build_app(project, say=print)
    before = (project / "src" / "perenne" / "web" / "assets" / "app.js").read_bytes()
    (project / "web" / "build.mjs").write_text(
        'console.error("app.ts:7: answer is not a number");process.exit(3);'
    )
    with pytest.raises(hatch_build.WebFailure) as failure:
        hatch_build.build_app(project, say=print)
    told = str(failure.value)
    assert "npm run build failed (exit code 3)" in told
    assert "app.ts:7: answer is not a number" in told
    assert "PERENNE_WEB=skip" in told
    assert str(project / ".cache" / "web" / "build.log") in told
    assert (project / "src" / "perenne" / "web" / "assets" / "app.js").read_bytes() == before
    assert hatch_build.must_build(project)


def test_packages_that_cannot_be_fetched_are_told_with_npms_own_words(
    project: Path, hatch_build: ModuleType
) -> None:
    (project / "web" / "package-lock.json").write_text("{ this is no lock")
    with pytest.raises(hatch_build.WebFailure, match="npm ci") as failure:
        hatch_build.build_app(project, say=print)
    assert "npm_config_registry" in str(failure.value)


def test_a_checkout_without_web_sources_asks_for_no_node(project: Path, hatch_build: ModuleType) -> None:
    shutil.rmtree(project / "web")
    assert not hatch_build.must_build(project)


def test_the_licences_are_those_of_what_the_app_needs_and_not_of_its_tools(hatch_build: ModuleType) -> None:
    packages = {
        "": {"dependencies": {"shown": "1"}, "devDependencies": {"tool": "1"}},
        "node_modules/shown": {"dependencies": {"inner": "2", "shared": "1"}},
        "node_modules/shown/node_modules/inner": {"dependencies": {"shared": "1"}},
        "node_modules/inner": {},
        "node_modules/shared": {},
        "node_modules/tool": {},
    }
    assert hatch_build.bundled(packages) == {
        "node_modules/shown",
        "node_modules/shown/node_modules/inner",
        "node_modules/shared",
    }


def builds(project: Path) -> int:
    """Return how often the app was built."""
    return len((project / "builds.txt").read_text().splitlines())
