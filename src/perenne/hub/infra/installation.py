"""Which database and which blob store belong together, and since when.

Owns the store's id (kept in the database and in the store's marker) and the hub's epoch, new after each
restore. Refuses to work with a store that is not its own: an unmounted disk must not look like an empty one.
"""

from sqlalchemy.orm import Session

from perenne.hub.infra.blobs import BlobStore, StoreMismatch
from perenne.hub.infra.database import Database
from perenne.hub.infra.tables import HubFactRow
from perenne.kit.ids import new_id

STORE_ID = "store_id"
EPOCH = "epoch"
LAST_BACKUP = "last_backup_at"


def settle_store(database: Database, blobs: BlobStore) -> str:
    """Return the id of the store, now known to both sides. Marks a new store for a new database.

    Raises: StoreMismatch when the store is missing its marker, or is another database's.
    """
    with database.transaction() as session:
        kept = read_fact(session, STORE_ID)
        marked = blobs.store_id()  # read after the fact: a marker is written before its fact can be seen
        if kept is None:
            if marked is not None and blobs.organisations():
                raise _foreign(blobs, marked)
            kept = marked or new_id("str")
            blobs.mark(kept)
            write_fact(session, STORE_ID, kept)
            write_fact(session, EPOCH, new_id("epo"))
            return kept
    if marked is None:
        raise StoreMismatch(
            f"The blob store {blobs.place} has no marker, but this database has one for it ({kept}).",
            remedy="Mount the disk or bucket that holds the images, or bring it back with perenne restore.",
        )
    if marked != kept:
        raise _foreign(blobs, marked)
    return kept


def epoch_of(database: Database) -> str:
    """Return the hub's epoch; it changes when the hub was restored from a backup."""
    with database.reading() as session:
        return read_fact(session, EPOCH) or ""


def begin_epoch(session: Session) -> str:
    """Whoever kept data for this hub sees that it went back in time; return the new epoch."""
    epoch = new_id("epo")
    write_fact(session, EPOCH, epoch)
    return epoch


def read_fact(session: Session, name: str) -> str | None:
    """Return a fact about this hub, None when it is not known."""
    row = session.get(HubFactRow, name)
    return None if row is None else row.value


def write_fact(session: Session, name: str, value: str) -> None:
    """Keep a fact about this hub, in the caller's transaction."""
    session.merge(HubFactRow(name=name, value=value))


def _foreign(blobs: BlobStore, marked: str) -> StoreMismatch:
    return StoreMismatch(
        f"The blob store {blobs.place} ({marked}) belongs to another database.",
        remedy="Point PERENNE_DATABASE_URL and PERENNE_BLOBS_URL at the same hub's database and store, "
        "or start a new hub on an empty store.",
    )
