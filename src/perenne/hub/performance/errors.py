"""Conditions of performance, one class each."""

from perenne.kit.errors import Conflict, InvalidInput


class ClaimNotDecidable(InvalidInput):
    """A claim that labels can never decide."""

    code = "claim-not-decidable"
    title = "The claim cannot be certified"


class ClaimExists(Conflict):
    """The same claim stands already."""

    code = "claim-exists"
    title = "The claim stands already"
