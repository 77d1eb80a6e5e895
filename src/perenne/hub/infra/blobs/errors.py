"""What can go wrong between a caller and stored bytes, one class a condition."""

from perenne.kit.errors import InvalidInput, NotFound, PerenneError


class BlobMissing(NotFound):
    """No bytes with this hash are stored for this organisation."""

    code = "blob-missing"
    title = "The stored bytes are missing"

    @classmethod
    def with_hash(cls, sha256: str) -> "BlobMissing":
        """Return the error for one hash."""
        return cls(
            f"No stored bytes have the hash {sha256[:16]}….",
            remedy="Send them again, or restore them from a backup (perenne restore).",
            sha256=sha256,
        )


class BlobDamaged(PerenneError):
    """Stored bytes no longer have the hash they were stored under."""

    code = "blob-damaged"
    title = "The stored bytes are damaged"
    status = 500

    @classmethod
    def with_hash(cls, sha256: str, *, found: str) -> "BlobDamaged":
        """Return the error for one hash and the hash that was found instead."""
        return cls(
            f"The bytes stored as {sha256[:16]}… now hash to {found[:16]}…: the disk or a hand changed them.",
            remedy="Restore this blob from a backup (perenne restore), and check the disk.",
            sha256=sha256,
        )


class DiskFull(PerenneError):
    """There is no room left for what should be written."""

    code = "disk-full"
    title = "The disk is full"
    status = 507

    @classmethod
    def at(cls, place: str) -> "DiskFull":
        """Return the error for one place."""
        return cls(
            f"There is no room left in {place}; nothing was written, nothing stored was lost.",
            remedy="Free some space or move the data to a larger disk (PERENNE_DATA), then send it again.",
        )


class StorageUnavailable(PerenneError):
    """The store cannot be reached or refuses to write."""

    code = "storage-unavailable"
    title = "The store cannot be used now"
    status = 503

    @classmethod
    def because(cls, place: str, *, reason: str) -> "StorageUnavailable":
        """Return the error for one place and the reason it gave."""
        return cls(
            f"The blob store {place} cannot be used: {reason}.",
            remedy="Check that it is mounted, reachable and writable, then try again.",
        )


class StoreMismatch(PerenneError):
    """The store at this address is not the one that the database belongs to."""

    code = "store-mismatch"
    title = "The blob store belongs to another database"
    status = 503


class BadStoreAddress(InvalidInput):
    """An address that no blob store can be opened from."""

    code = "bad-store-address"
    title = "The blob store's address cannot be used"
