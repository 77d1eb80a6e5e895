"""What can go wrong with images."""

from perenne.kit.errors import Conflict, InvalidInput, PerenneError


class ImageTooLarge(PerenneError):
    """An image of more bytes than the hub takes."""

    code = "image-too-large"
    title = "The image is too large"
    status = 413


class ContextContradicts(InvalidInput):
    """Parts of the capture context that cannot be true together."""

    code = "context-contradicts"
    title = "The capture context contradicts itself"


class StoredElsewhere(Conflict):
    """The very bytes are stored at a site outside the caller's limits."""

    code = "stored-elsewhere"
    title = "The image is stored outside your sites"


class BatchMalformed(InvalidInput):
    """A batch or form that cannot be taken apart into images and their contexts."""

    code = "batch-malformed"
    title = "The images and their contexts do not fit together"
