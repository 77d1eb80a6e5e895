"""Auth primitives: password hashes, token secrets and the hub's signing key.

Owns how a secret is made, kept and compared. Refuses to keep a secret in clear.
"""

import hashlib
import hmac
import os
import secrets
import threading
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

# A password hash costs a second of CPU and 64 MiB: two at a time, or signing in could stop the hub.
_HASHING = threading.BoundedSemaphore(2)
_DUMMY: list[str] = []


def hash_password(password: str) -> str:
    """Return the Argon2id hash of `password`, with its salt and cost."""
    from argon2 import PasswordHasher

    with _HASHING:
        return PasswordHasher().hash(password)


def password_matches(password: str, stored: str | None) -> bool:
    """Say whether `password` belongs to `stored`; takes as long when there is no such account (None)."""
    from argon2 import PasswordHasher
    from argon2.exceptions import Argon2Error, InvalidHashError

    if stored is None and not _DUMMY:
        _DUMMY.append(hash_password(secrets.token_hex(16)))
    with _HASHING:
        try:
            return PasswordHasher().verify(stored or _DUMMY[0], password) and stored is not None
        except (Argon2Error, InvalidHashError):
            return False


def make_token_secret(token_id: str) -> tuple[str, str]:
    """Return a new token text `prn_<id>_<secret>` and the SHA-256 of it that is kept."""
    text = f"prn_{token_id}_{secrets.token_urlsafe(32)}"
    return text, hash_token(text)


def make_session_secret(session_id: str) -> tuple[str, str]:
    """Return a new cookie value `<id>_<secret>` and the SHA-256 of it that is kept."""
    text = f"{session_id}_{secrets.token_urlsafe(32)}"
    return text, hash_token(text)


def session_id_of(text: str) -> str | None:
    """Return the id inside a cookie value, None when it has not the shape of one."""
    if not text.startswith("ses_") or len(text) > 200:
        return None
    parts = text.split("_", 2)
    return f"{parts[0]}_{parts[1]}" if len(parts) == 3 else None


def csrf_of(session_secret: str) -> str:
    """Return what a page must repeat in a header beside this cookie: made from it, never the reverse."""
    return hmac.new(session_secret.encode(), b"csrf", hashlib.sha256).hexdigest()


def hash_token(text: str) -> str:
    """Return what is kept of a token."""
    return hashlib.sha256(text.encode()).hexdigest()


def token_id_of(text: str) -> str | None:
    """Return the id inside a token text, None when it has not the shape of a token."""
    if not text.startswith("prn_tok_") or len(text) > 200:
        return None
    parts = text[4:].split("_", 2)
    return f"{parts[0]}_{parts[1]}" if len(parts) == 3 else None


def hashes_equal(left: str, right: str) -> bool:
    """Compare two hashes in constant time."""
    return hmac.compare_digest(left.encode(), right.encode())


def load_signing_key(path: Path) -> "Ed25519PrivateKey":
    """Return the hub's Ed25519 key, made at first use and readable by its owner only."""
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        key = Ed25519PrivateKey.generate()
        pem = key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        temporary = path.with_suffix(f".{os.getpid()}.tmp")
        with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as stream:
            stream.write(pem)
            stream.flush()
            os.fsync(stream.fileno())
        try:
            os.link(temporary, path)  # the first process wins; the others read its key
        except FileExistsError:
            pass
        finally:
            temporary.unlink()
    loaded = serialization.load_pem_private_key(path.read_bytes(), password=None)
    assert isinstance(loaded, Ed25519PrivateKey)
    return loaded
