"""What can go wrong with an artefact and with an image given to it, each with its remedy."""

from perenne.kit.errors import PerenneError


class ArtefactRefused(PerenneError):
    """The file is not a model artefact that Perenne would load."""

    code = "artefact-refused"
    title = "The model artefact is refused"
    status = 422

    @classmethod
    def because(cls, reason: str) -> "ArtefactRefused":
        """Return the error for one broken rule."""
        return cls(
            f"The model artefact is refused: {reason}.", remedy="Export it again with a Perenne recipe."
        )


class ArtefactDamaged(ArtefactRefused):
    """A file of the artefact does not have the hash that its manifest states."""

    code = "artefact-damaged"
    title = "The model artefact is damaged"

    @classmethod
    def of(cls, name: str) -> "ArtefactDamaged":
        """Return the error for one file."""
        return cls(
            f"The file {name} of the model artefact does not have the hash in its manifest.",
            remedy="Download the artefact again; if it persists, restore it from a backup.",
        )


class SignatureInvalid(ArtefactRefused):
    """The manifest is not signed, or not by the key that is trusted here."""

    code = "artefact-signature-invalid"
    title = "The signature of the model artefact is not valid"


class GoldenMismatch(ArtefactRefused):
    """The graph does not give the answers that it gave when it was made."""

    code = "artefact-golden-mismatch"
    title = "The model does not give the answers it gave when it was made"


class ReferenceMissing(PerenneError):
    """The model compares with a reference image, and none was given."""

    code = "reference-image-missing"
    title = "The model needs a reference image"
    status = 422


class ImageNotUsable(PerenneError):
    """The array is not an image that the model can take."""

    code = "image-array-invalid"
    title = "The image array cannot be used"
    status = 422
