"""What can go wrong with model versions, each with its remedy."""

from perenne.kit.errors import InvalidInput, PerenneError


class ArtefactRefused(InvalidInput):
    """The uploaded file is not a model artefact that this hub will keep."""

    code = "artefact-refused"
    title = "The model artefact is refused"


class ArtefactCheckFailed(PerenneError):
    """The separate process that looks into artefacts died or took too long over this one."""

    code = "artefact-check-failed"
    title = "The model artefact could not be checked"
    status = 422


class ArtefactDamaged(PerenneError):
    """A stored artefact no longer has the hash that it was registered with."""

    code = "artefact-damaged"
    title = "The stored artefact is damaged"
    status = 500
