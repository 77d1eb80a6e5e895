"""What can go wrong with accounts."""

from perenne.kit.errors import Conflict, Forbidden, InvalidInput, Unauthenticated


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
