"""The shape of every error a person may read: what failed, on which thing, why, and what to do.

One class a condition, with a stable code. Refuses to be raised without a remedy.
"""

from typing import Any, ClassVar

from perenne.kit.saying import Said, to_code

ERROR_TYPE_BASE = "https://perenne.dev/errors/"


class PerenneError(Exception):
    """Something the user can understand and act on.

    Subclasses set `code` (stable, machine-readable), `title` (the condition) and `status` (HTTP).
    An instance says what happened this time in `detail` and what to do in `remedy`.
    """

    code: ClassVar[str] = "error"
    title: ClassVar[str] = "Something went wrong"
    status: ClassVar[int] = 400

    def __init__(self, detail: str, *, remedy: str, **extra: Any) -> None:
        super().__init__(detail)
        self.detail = detail
        self.said = detail if isinstance(detail, Said) else Said(detail)
        self.remedy = remedy
        self.extra = extra

    def __str__(self) -> str:
        return f"{self.detail} {self.remedy}".strip()

    def to_problem(self) -> dict[str, Any]:
        """Return the RFC 9457 problem document of this error."""
        coded = to_code(self.detail)
        return {
            **self.extra,
            **({"said": coded} if coded else {}),
            "type": ERROR_TYPE_BASE + self.code,
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
            "remedy": self.remedy,
            "code": self.code,
        }


class InvalidInput(PerenneError):
    """A value given by the caller cannot be used."""

    code = "invalid-input"
    title = "The input cannot be used"
    status = 422


class NotFound(PerenneError):
    """The thing does not exist, or the caller may not know that it does: the same answer for both."""

    code = "not-found"
    title = "Not found"
    status = 404

    @classmethod
    def of(cls, kind: str, name: str) -> "NotFound":
        """Return the one answer for a missing and for a foreign thing."""
        return cls(
            f"No {kind} '{name}' is visible to you.",
            remedy=f"Check the spelling, or list what you may see ({kind} list).",
        )


class Conflict(PerenneError):
    """The request contradicts the present state."""

    code = "conflict"
    title = "The request contradicts the present state"
    status = 409


class Forbidden(PerenneError):
    """The caller is known but may not do this."""

    code = "forbidden"
    title = "Not allowed"
    status = 403


class Unauthenticated(PerenneError):
    """The caller is not known."""

    code = "unauthenticated"
    title = "Sign in first"
    status = 401
