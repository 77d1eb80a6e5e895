"""A throw-away PostgreSQL server for tests, where its binaries are installed.

Owns finding the binaries, a cluster in a temporary folder on a Unix socket (no port), and its end.
Refuses to touch a server that it did not start.
"""

import contextlib
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

BINARY_FOLDERS = ("/usr/lib/postgresql/{version}/bin", "/usr/local/pgsql/bin", "/opt/homebrew/bin")
VERSIONS = range(18, 13, -1)
# Nothing here outlives a test: durability is switched off for speed.
SERVER_OPTIONS = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "listen_addresses": "",
    "max_connections": "60",
    "shared_buffers": "32MB",
}


def postgres_binaries() -> Path | None:
    """Return the folder of `initdb` and `postgres`, None when PostgreSQL is not installed here."""
    for pattern in BINARY_FOLDERS:
        for version in VERSIONS:
            folder = Path(pattern.format(version=version))
            if (folder / "initdb").exists():
                return folder
    found = shutil.which("initdb")
    return None if found is None else Path(found).parent


@contextlib.contextmanager
def postgres_server(binaries: Path) -> Iterator["PostgresServer"]:
    """Yield a running server in a fresh folder; it and the folder are gone afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="perenne-pg-", dir="/tmp"))
    user = _unprivileged_user()
    try:
        if user is not None:
            os.chown(folder, user.pw_uid, user.pw_gid)
        name = user.pw_name if user is not None else pwd.getpwuid(os.getuid()).pw_name
        initdb = [str(binaries / "initdb"), "-D", str(folder / "data"), "-U", "perenne", "-A", "trust"]
        _run([*initdb, "-E", "UTF8", "--locale=C", "--no-sync"], user=name, folder=folder)
        settings = [f"-c{key}={value}" for key, value in SERVER_OPTIONS.items()]
        process = subprocess.Popen(
            [str(binaries / "postgres"), "-D", str(folder / "data"), "-k", str(folder), *settings],
            cwd=folder,
            user=None if user is None else user.pw_uid,
            group=None if user is None else user.pw_gid,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            server = PostgresServer(folder, binaries)
            server.wait_until_ready(process)
            yield server
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(timeout=30)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


class PostgresServer:
    """A running throw-away server, spoken to through a Unix socket in its folder."""

    def __init__(self, socket_folder: Path, binaries: Path) -> None:
        self.socket_folder = socket_folder
        self.binaries = binaries

    def url(self, database: str = "postgres") -> str:
        """Return the SQLAlchemy address of a database of this server."""
        return f"postgresql+psycopg://perenne@/{database}?host={self.socket_folder}"

    def create_database(self, name: str) -> str:
        """Create an empty database and return its SQLAlchemy address."""
        subprocess.run(
            [str(self.binaries / "createdb"), "-h", str(self.socket_folder), "-U", "perenne", name],
            check=True,
            capture_output=True,
        )
        return self.url(name)

    def wait_until_ready(self, process: subprocess.Popen[bytes]) -> None:
        """Return when the server answers. Raises: RuntimeError when it ended instead."""
        ask = [str(self.binaries / "pg_isready"), "-q", "-h", str(self.socket_folder), "-U", "perenne"]
        while subprocess.run(ask, check=False).returncode != 0:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(timeout=0.1)
                raise RuntimeError(f"postgres ended at its start with {process.returncode}")


def _unprivileged_user() -> pwd.struct_passwd | None:
    """Return whom to start the server as: it refuses root. None when this is not root."""
    if os.getuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name)
    raise RuntimeError("PostgreSQL does not run as root, and there is neither 'postgres' nor 'nobody' here")


def _run(command: list[str], *, user: str, folder: Path) -> None:
    as_user = user if os.getuid() == 0 else None
    done = subprocess.run(command, user=as_user, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"{Path(command[0]).name} failed: {done.stderr.strip()[:500]}")
