"""What can go wrong with sites."""

from perenne.kit.errors import Conflict, InvalidInput


class SlugTaken(Conflict):
    """Another thing of the kind carries the short name already."""

    code = "slug-taken"
    title = "The short name is taken"


class UnknownTimeZone(InvalidInput):
    """A time zone that the IANA database does not have."""

    code = "unknown-time-zone"
    title = "No such time zone"
