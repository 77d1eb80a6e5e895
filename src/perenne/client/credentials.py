"""Which hub, and as whom: flags first, then the environment, then what `login` or `up` left on disk.

Owns the order of precedence and the two small files. Refuses to send a token kept for one hub to another
address.
"""

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from perenne.kit.errors import InvalidInput

DEFAULT_URL = "http://127.0.0.1:8765"
LOGIN_FILE = "login.json"
EMBEDDED_FILE = "credentials.json"


class CredentialsDamaged(InvalidInput):
    """A credentials file is there and cannot be read."""

    code = "credentials-damaged"
    title = "The credentials file cannot be read"


@dataclass(frozen=True)
class Credentials:
    """The hub's address, a token when one is known for it, and where the two came from."""

    url: str
    token: str | None
    source: str


def data_directory(given: Path | None = None) -> Path:
    """Return the directory of the embedded hub: `given`, PERENNE_DATA, or ~/.perenne."""
    return given or Path(os.environ.get("PERENNE_DATA") or Path.home() / ".perenne")


def find_credentials(
    url: str | None = None, *, token: str | None = None, data: Path | None = None
) -> Credentials:
    """Return the address and token to use. A token from a file is used for that file's address only."""
    wanted_url = url or os.environ.get("PERENNE_URL") or None
    wanted_token = token or os.environ.get("PERENNE_TOKEN") or None
    if wanted_token:
        return Credentials(_plain(wanted_url or _first_url(data) or DEFAULT_URL), wanted_token, "given")
    for name in (LOGIN_FILE, EMBEDDED_FILE):
        path = data_directory(data) / name
        kept = read_credentials_file(path)
        kept_url = _plain(str(kept.get("url") or ""))
        if kept.get("token") and (wanted_url is None or _plain(wanted_url) == kept_url):
            return Credentials(kept_url, str(kept["token"]), str(path))
    return Credentials(_plain(wanted_url or DEFAULT_URL), None, "none")


def read_credentials_file(path: Path) -> dict[str, Any]:
    """Return the content of a credentials file, empty when there is none."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise CredentialsDamaged(
            f"{path} cannot be read: {error}.",
            remedy="Remove it and run `perenne login`, or restart `perenne up`, which writes its own again.",
        ) from error
    return content if isinstance(content, dict) else {}


def save_login(content: dict[str, Any], *, data: Path | None = None) -> Path:
    """Keep a login for this user only (mode 0600) and return where."""
    path = data_directory(data) / LOGIN_FILE
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".partial")
    partial.unlink(missing_ok=True)
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(content, file, indent=2)
    partial.replace(path)
    return path


def forget_login(*, data: Path | None = None) -> bool:
    """Remove the kept login; return whether there was one."""
    path = data_directory(data) / LOGIN_FILE
    existed = path.exists()
    path.unlink(missing_ok=True)
    return existed


def _first_url(data: Path | None) -> str | None:
    for name in (LOGIN_FILE, EMBEDDED_FILE):
        url = read_credentials_file(data_directory(data) / name).get("url")
        if url:
            return str(url)
    return None


def _plain(url: str) -> str:
    return url.rstrip("/")
