"""What can go wrong with accounts."""

from perenne.kit.errors import Conflict, Forbidden, InvalidInput, PerenneError, Unauthenticated


class UndeclaredPermission(Exception):
    """A route was registered without a permission of the role matrix: the hub must not start."""


class UnknownRole(InvalidInput):
    """A role that the role matrix does not have."""

    code = "unknown-role"
    title = "No such role"


class NotAllowed(Forbidden):
    """The caller's role lacks the permission."""

    code = "not-allowed"


class BadCredentials(Unauthenticated):
    """No, unknown, expired or revoked credentials: one answer for all, so that nobody can probe."""

    code = "bad-credentials"


class NameTaken(Conflict):
    """An e-mail address or short name that exists already."""

    code = "name-taken"
    title = "The name is taken"


class CsrfRefused(Forbidden):
    """A request with a cookie that may not come from Perenne's own pages."""

    code = "csrf"
    title = "The request does not come from Perenne's own page"


class TooManyAttempts(PerenneError):
    """Too many failed attempts to sign in, for this account or from this address."""

    code = "too-many-attempts"
    title = "Too many attempts to sign in"
    status = 429


class WrongPassword(InvalidInput):
    """The present password, asked for before it is changed, is not right."""

    code = "wrong-password"
    title = "The present password is not right"


class NoPerson(Conflict):
    """A request about the person behind the caller, by a caller that is none."""

    code = "no-person"
    title = "There is no person behind this caller"


class NotSignedIn(Conflict):
    """Signing out, by a caller that has no browser session."""

    code = "not-signed-in"
    title = "There is no session to end"
