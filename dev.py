"""Everything a developer runs: `python3 dev.py demo | test | check | dev | web | bench | doctor`.

Owns the checkout's `.venv` and what is installed in it, and has hatch_build.py build the web app. Standard
library only, so that it runs on a bare machine. Refuses to touch anything outside the checkout.
"""

import argparse
import contextlib
import hashlib
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import hatch_build

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
BIN = VENV / ("Scripts" if os.name == "nt" else "bin")
PYTHON = BIN / ("python.exe" if os.name == "nt" else "python")
STAMP = VENV / "perenne-installed.json"
LOG = VENV / "perenne-install.log"
OLDEST_PYTHON = (3, 11)
GROUPS = {"demo": ("all", "demo"), "test": ("test",)}  # what to install, by what it is for
CONTAINED = {"demo": {"demo", "test"}, "test": {"test"}}  # the groups that already hold all of it
FAILED = ROOT / ".pytest_cache" / "v" / "cache" / "lastfailed"
AGAIN_AT_MOST = 3  # more that fail is no accident of a busy machine
VITE = "http://127.0.0.1:5173"


class Stop(Exception):
    """A failure with its way out; the message is all that the person sees."""


def main(arguments=None):
    """Run one command and return its exit code."""
    arguments = sys.argv[1:] if arguments is None else arguments
    parser = argparse.ArgumentParser(prog="dev.py", description="Perenne from a checkout.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, (_, summary) in COMMANDS.items():
        commands.add_parser(name, help=summary)
    # Only the command's name is parsed here: `--once`, `-k` and the like belong to the program behind it.
    command = parser.parse_args(arguments[:1]).command
    try:
        if sys.version_info < OLDEST_PYTHON:
            raise Stop(
                "Perenne needs Python 3.11 or newer and this is "
                + platform.python_version()
                + ". Install a newer one and start dev.py with it, e.g. python3.12 dev.py "
                + command
            )
        return COMMANDS[command][0](arguments[1:])
    except (Stop, hatch_build.WebFailure) as stop:
        say(paint("31", "Stopped. ") + str(stop))
        return 2
    except KeyboardInterrupt:
        say("Interrupted.")
        return 130


# --- the commands ---------------------------------------------------------------------------------


def demo(rest):
    """One turn of the loop on real images."""
    prepare("demo")
    prepare_web(tools=False)
    return become([str(BIN / "perenne"), "demo", *rest])


def test(rest):
    """The checks and every test; with arguments, only pytest with these."""
    prepare("test")
    prepare_web()
    if rest:
        return become([str(PYTHON), "-m", "pytest", *rest])
    began = time.monotonic()
    checks = check([])
    units = 0
    if has_web():
        say(f"\n{paint('1', 'Tests of the web app')}")
        units = run(npm("test"))
    workers = str(min(8, max(2, os.cpu_count() or 2)))
    say(f"\n{paint('1', 'Tests')} in {workers} processes, in random order")
    FAILED.unlink(missing_ok=True)
    tests = run([str(PYTHON), "-m", "pytest", "-n", workers, "--dist", "loadgroup"])
    if tests == 1:
        tests = try_again_alone()
    minutes = (time.monotonic() - began) / 60
    say(f"\nchecks {verdict(checks)}  web {verdict(units)}  tests {verdict(tests)}  {minutes:.1f} min")
    return checks or units or tests


def try_again_alone():
    """Run the few tests that failed once more, one after the other; return 0 if they pass, and name them.

    A browser waits in vain where every core is taken for long. A test that fails again has found something;
    one that passes alone is named, so that somebody mends it.
    """
    failed = sorted(json.loads(FAILED.read_text())) if FAILED.exists() else []
    if not 0 < len(failed) <= AGAIN_AT_MOST:
        return 1
    say(f"\n{paint('1', 'Once more, alone')}: what failed beside the others")
    again = run([str(PYTHON), "-m", "pytest", "-p", "no:randomly", *failed])
    if not again:
        say(paint("33", "UNSTEADY") + " (failed beside the others, passed alone): " + ", ".join(failed))
    return again


def check(rest):
    """What needs no running program: style, types, import direction, architecture."""
    if rest:
        raise Stop(f"'check' always checks everything and takes no arguments, but got: {' '.join(rest)}")
    prepare("test")
    python = str(PYTHON)
    steps = {
        "style (ruff check)": [python, "-m", "ruff", "check", "."],
        "format (ruff format)": [python, "-m", "ruff", "format", "--check", "."],
        "types (mypy --strict)": [python, "-m", "mypy"],
        "direction (import-linter)": [str(BIN / "lint-imports")],
        "architecture (pytest)": [python, "-m", "pytest", "tests/architecture", "-p", "no:randomly"],
    }
    if has_web():
        prepare_web(app=False)
        steps["web (tsc, oxlint, prettier)"] = npm("run", "--silent", "check")
    say(paint("1", "Checks"))
    failed = 0
    with ThreadPoolExecutor(2) as pool:
        for name, (code, output, seconds) in zip(steps, pool.map(capture, steps.values()), strict=True):
            say(f"  {verdict(code)} {name:<28} {seconds:6.1f} s")
            if code:
                failed = 1
                say("".join(f"      {line}\n" for line in output.strip().splitlines()[-60:]))
    return failed


def dev(rest):
    """Hub, worker and trainer on the checkout's own data, started again at every change of the code.

    Vite serves the web app from its sources and hands /api on to the hub: a change is on the page at once.
    """
    prepare("test")
    os.environ.setdefault("PERENNE_DATA", str(ROOT / "perenne-data"))
    if not has_web():
        return watch_the_hub(rest)
    prepare_web(app=False)
    given = argparse.ArgumentParser(add_help=False)
    given.add_argument("--port", default=os.environ.get("PERENNE_PORT", "8765"))
    hub = f"http://127.0.0.1:{given.parse_known_args(rest)[0].port}"
    vite = subprocess.Popen(
        web_tool("node", "node_modules/vite/bin/vite.js"), cwd=ROOT, env={**os.environ, "PERENNE_URL": hub}
    )
    say(f"The web app from its sources is at {paint('1', VITE)}; the addresses below are the hub's own.")
    try:
        return watch_the_hub(rest)
    finally:
        vite.terminate()
        vite.wait()


def watch_the_hub(rest):
    """Keep `perenne up` running on the present code until it is stopped."""
    while True:
        before = state_of_the_code()
        child = subprocess.Popen([str(BIN / "perenne"), "up", *rest], cwd=ROOT)
        try:
            while child.poll() is None and state_of_the_code() == before:
                time.sleep(0.5)
            if child.poll() is None:
                say(paint("33", "The code has changed: starting again"))
                child.terminate()
            elif child.returncode:
                say(paint("31", "It stopped") + ": waiting for a change of the code. Ctrl+C leaves.")
                while state_of_the_code() == before:
                    time.sleep(0.5)
            else:
                return 0
            child.wait()
        except KeyboardInterrupt:  # the child got it too
            return child.wait()


def state_of_the_code():
    """Return a value that changes with the source."""
    return [
        (p, p.stat().st_mtime_ns) for p in sorted((ROOT / "src").rglob("*")) if p.suffix in {".py", ".toml"}
    ]


def web(rest):
    """The web app's own tools, with the Node that builds it: npm in web/; without arguments, its build."""
    if not has_web():
        raise Stop("There is no web app to work on: PERENNE_WEB=skip leaves it out, or web/ is not there.")
    arguments = rest[1:] if rest[:1] == ["--"] else rest
    make_environment()
    prepare_web(app=not arguments)
    if arguments:
        return become(npm(*arguments))
    say(f"The web app is built, in {hatch_build.output(ROOT).relative_to(ROOT)}.")
    return 0


def bench(rest):
    """One benchmark; its last line is one JSON object."""
    folder = ROOT / "benchmarks"
    scripts = {p.stem: p for p in folder.glob("*.py") if not p.stem.startswith("_")}
    scripts |= {p.parent.name: p for p in folder.glob("*/run.py")}  # a folder is a benchmark of several parts
    known = sorted(scripts)
    if not rest or rest[0] not in known:
        asked = f"There is no benchmark '{rest[0]}'. " if rest and not rest[0].startswith("-") else ""
        raise Stop(f"{asked}Name one of: {', '.join(known)}. Add --quick for a run of under a minute.")
    prepare("test")
    prepare_web(tools=False)
    # A spinning OpenMP pool slows every neighbour on the same cores, and with them the figures.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as the command line sets it
    return become([str(PYTHON), str(scripts[rest[0]]), *rest[1:]])


def doctor(rest):
    """What this machine has, what it lacks, and what to do about it."""
    free_gb = shutil.disk_usage(ROOT).free / 1e9
    groups = read_stamp().get("groups", [])
    current = read_stamp().get("hash") == wanted_hash()
    packages = (
        f"for {', '.join(groups)}" if current else "missing or out of date: the next command installs them"
    )
    room = f"{free_gb:.0f} GB" if free_gb > 5 else f"{free_gb:.1f} GB, and PyTorch and the tests want 5"
    postgres = shutil.which("postgres") or newest_postgres() or "absent: its tests are skipped"
    rows = [
        (True, "Python", f"{platform.python_version()} ({sys.executable})"),
        (PYTHON.exists(), ".venv", "made" if PYTHON.exists() else "missing: any other command makes it"),
        (current, "packages", packages),
        (free_gb > 5, "free disk", room),
        (None, "cores", str(os.cpu_count())),
        (None, "PostgreSQL", postgres),
        (None, "web app", state_of_the_app()),
        (None, "Chromium", shutil.which("chromium") or "absent: the browser tests say how to install it"),
    ]
    for good, name, what in rows:
        mark = paint("90", "-") if good is None else paint("32", "ok") if good else paint("33", "!")
        say(f"  {mark:<3} {name:<12} {what}")
    if not current:
        return 1
    return run([str(BIN / "perenne"), "doctor", *rest])


COMMANDS = {
    "demo": (demo, "one turn of the loop on real images, then the hub stays up (--once: check it and exit)"),
    "test": (test, "checks and all tests; with arguments, pytest with these alone"),
    "check": (check, "style, types, import direction, architecture"),
    "dev": (dev, "hub, worker, trainer and web app, following every change of the code"),
    "web": (web, "[-- ARGUMENTS]: npm in web/ with the app's own Node; without arguments, its build"),
    "bench": (bench, "NAME [--quick]: one benchmark, its last line is JSON"),
    "doctor": (doctor, "what this machine has and lacks"),
}

# --- the environment ------------------------------------------------------------------------------


def prepare(group):
    """Leave `.venv` holding what `group` needs by the present pyproject.toml; instant when it does."""
    if is_ready(group):
        return
    with one_at_a_time():
        if is_ready(group):
            return
        make_environment()
        install(GROUPS[group])
        groups = set(read_stamp().get("groups", [])) if read_stamp().get("hash") == wanted_hash() else set()
        STAMP.write_text(json.dumps({"hash": wanted_hash(), "groups": sorted(groups | {group})}))


def make_environment():
    """Leave a `.venv` that has pip."""
    if has_pip():
        return
    say(f"Making {VENV.name} with Python {platform.python_version()}")
    if subprocess.call([sys.executable, "-m", "venv", str(VENV)]) or not has_pip():
        raise Stop(
            "The virtual environment could not be made. On Debian and Ubuntu, install the package "
            "python3-venv; elsewhere, check that this Python has the modules venv and ensurepip."
        )


def is_ready(group):
    """Say whether the stamp tells that everything is in place."""
    stamp = read_stamp()
    held = CONTAINED[group] & set(stamp.get("groups", []))
    return PYTHON.exists() and stamp.get("hash") == wanted_hash() and bool(held)


def read_stamp():
    """Return what was installed last, or nothing."""
    try:
        return json.loads(STAMP.read_text())
    except (OSError, ValueError):
        return {}


def wanted_hash():
    """Return a hash of what decides about the installation: [project] of pyproject.toml, and the place."""
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8").split("\n[tool.")[0]
    return hashlib.sha256(f"{project}{VENV}".encode()).hexdigest()


def has_pip():
    """Say whether `.venv` holds a working Python with pip."""
    return (
        PYTHON.exists() and subprocess.call([str(PYTHON), "-c", "import pip"], stderr=subprocess.DEVNULL) == 0
    )


def install(extras):
    """Install this checkout with `extras`, editable, by pip as the machine has it configured."""
    command = [str(PYTHON), "-m", "pip", "install", "--editable", f"{ROOT}[{','.join(extras)}]"]
    index = os.environ.get("PERENNE_TORCH_INDEX")
    if index:
        command += ["--extra-index-url", index]
    say(f"Installing the packages for [{','.join(extras)}] (PyTorch among them: minutes the first time)")
    began, seen, tail = time.monotonic(), 0, []
    pip = subprocess.Popen(
        command,
        cwd=ROOT,
        env={**os.environ, "PERENNE_WEB": "skip"},  # prepare_web builds it, in sight
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    )
    with LOG.open("w") as log:
        for line in pip.stdout:
            log.write(line)
            tail = [*tail[-14:], line.rstrip()]
            if re.match(r"\s*(Collecting|Downloading|Installing collected packages)", line):
                seen += line.startswith("Collecting")
                progress(f"  {seen} packages, {time.monotonic() - began:.0f} s  {line.strip()[:60]}")
    progress("")
    if pip.wait():
        raise Stop(
            "pip could not install the packages:\n  "
            + "\n  ".join(tail)
            + f"\nThe whole story is in {LOG.relative_to(ROOT)}. Without a network, point pip at a folder of "
            "wheels (PIP_FIND_LINKS, PIP_NO_INDEX=1); on a machine without a GPU, PERENNE_TORCH_INDEX takes "
            "the address of PyTorch's index of CPU builds. Then run the same command again: it goes on."
        )
    say(f"Installed in {time.monotonic() - began:.0f} s")


def has_web():
    """Say whether the web app is wanted; without it, everything else works."""
    return hatch_build.wish() != "skip" and hatch_build.sources(ROOT).is_dir()


def prepare_web(*, app=True, tools=True):
    """Leave the app built from its present sources, and its tools at hand; instant when it is so."""
    if not has_web():
        return
    to_build = app and hatch_build.must_build(ROOT)
    if to_build or tools:
        install_node()
    verb = "build" if to_build else "packages" if tools and not hatch_build.has_packages(ROOT) else None
    if verb and run(web_tool(verb)):
        raise Stop("The web app is not ready; what failed stands above.")


def install_node():
    """Leave `.venv` with the Node that builds the web app."""
    name, _, version = hatch_build.NODE.partition("==")
    site = "Lib/site-packages" if os.name == "nt" else "lib/python*/site-packages"
    if list(VENV.glob(f"{site}/{name.replace('-', '_')}-{version}.dist-info")):
        return
    say("Installing Node for the web app")
    if run([str(PYTHON), "-m", "pip", "install", "--quiet", hatch_build.NODE]):
        raise Stop(f"pip could not install {hatch_build.NODE}. Without the web app: PERENNE_WEB=skip.")


def web_tool(*arguments):
    """Return the command that does something with the Node of `.venv`."""
    return [str(PYTHON), str(ROOT / "hatch_build.py"), *arguments]


def npm(*arguments):
    """Return the command that is npm in web/."""
    return web_tool("npm", *arguments)


def state_of_the_app():
    """Return how the built web app is, in words."""
    if not has_web():
        return "left out (PERENNE_WEB=skip)"
    return "built" if hatch_build.is_built(ROOT) else "its sources changed: the next command builds it"


@contextlib.contextmanager
def one_at_a_time():
    """Hold the checkout's install lock; a second dev.py waits here instead of installing over the first."""
    VENV.mkdir(exist_ok=True)
    with (VENV / "perenne-install.lock").open("w") as lock:
        try:
            import fcntl
        except ImportError:  # Windows: two installs at once are left to the person
            yield
            return
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def newest_postgres():
    """Return PostgreSQL's server as Debian lays it out, if there is one."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda p: float(p.parts[-3]))
    return str(found[-1]) if found else None


# --- running and telling --------------------------------------------------------------------------


def become(command):
    """Go on as `command`, so that signals and the exit code are its own."""
    sys.stdout.flush()
    sys.stderr.flush()
    if os.name == "nt":
        return run(command)
    os.chdir(ROOT)
    os.execv(command[0], command)


def run(command):
    """Run `command` in sight and return its exit code."""
    child = subprocess.Popen(command, cwd=ROOT)
    try:
        return child.wait()
    except KeyboardInterrupt:  # the child got it too: let it finish its own farewell
        return child.wait()


def capture(command):
    """Run `command` out of sight; return its exit code, its output and the seconds it took."""
    began = time.monotonic()
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    return done.returncode, done.stdout.decode(errors="replace"), time.monotonic() - began


def verdict(code):
    """Return `ok` or `failed`, in its colour and equally wide."""
    return paint("31", "failed") if code else paint("32", "ok    ")


def paint(colour, text):
    """Return `text` in an ANSI colour where a person looks on."""
    plain = "NO_COLOR" in os.environ or not sys.stderr.isatty()
    return text if plain else f"\033[{colour}m{text}\033[0m"


def say(text):
    """Tell the person; standard output stays free for the command behind."""
    print(text, file=sys.stderr, flush=True)


def progress(text):
    """Show one line that replaces itself; nothing where no terminal is."""
    if sys.stderr.isatty():
        sys.stderr.write("\r\033[K" + text)
        sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main())
