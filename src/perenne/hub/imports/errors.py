"""What can go wrong with imports."""

from perenne.kit.errors import Conflict, InvalidInput, PerenneError


class WrongMoment(Conflict):
    """The import is not in a state in which this can be done."""

    code = "import-state"
    title = "The import is not at that point"


class FileNotUsable(InvalidInput):
    """A file that no import can use, by its name."""

    code = "file-not-usable"
    title = "The file cannot be used"


class ImportFull(PerenneError):
    """More files or bytes than one import may hold."""

    code = "import-full"
    title = "The import is full"
    status = 413


class NothingReceived(Conflict):
    """An import without files was to be checked."""

    code = "nothing-received"
    title = "No file was received"


class MappingIncomplete(InvalidInput):
    """The mapping does not lead the truth of the files into the label schema."""

    code = "mapping-incomplete"
    title = "The mapping is not complete"


class ReceivedFileMissing(PerenneError):
    """A received file is not in the store any more."""

    code = "received-file-missing"
    title = "A received file is gone"
    status = 409
