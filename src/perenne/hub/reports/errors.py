"""Conditions of reports, one class each."""

from perenne.kit.errors import InvalidInput


class NoSuchMonth(InvalidInput):
    """A month that is none, or that has not begun at the site."""

    code = "no-such-month"
    title = "There is no report of this month"
