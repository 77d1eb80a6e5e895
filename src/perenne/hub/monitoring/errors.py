"""What can go wrong with watching."""

from perenne.kit.errors import Conflict, InvalidInput


class IncidentStateRefused(Conflict):
    """An act that an incident of this state does not allow."""

    code = "incident-state"
    title = "The incident does not allow this now"


class NobodyToAssign(InvalidInput):
    """An e-mail that no user of the organisation has."""

    code = "nobody-to-assign"
    title = "No such user"


class ReferenceTooSmall(Conflict):
    """A span of time with too few watched images for a reference."""

    code = "reference-too-small"
    title = "Too few images for a reference"


class ReferenceInThePast(InvalidInput):
    """A reference that cannot be set as asked: its span ends before it begins, or its time has gone by."""

    code = "reference-times"
    title = "The times of the reference do not fit"


class WindowTimes(InvalidInput):
    """Spans that cannot be compared: one ends before it begins, both overlap, or one lacks an end."""

    code = "window-times"
    title = "The spans cannot be compared"


class NothingToProbe(Conflict):
    """A probe that lacks what it compares: no kept files, no golden part, no capture of it."""

    code = "nothing-to-probe"
    title = "There is nothing to compare"
