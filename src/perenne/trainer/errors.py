"""What can go wrong on the training machine, each with its remedy."""

from perenne.kit.errors import Conflict, PerenneError


class UnexpectedFailure(PerenneError):
    """The recipe failed in a way that nobody foresaw."""

    code = "training-failed-unexpectedly"
    title = "Training failed unexpectedly"
    status = 500


class MachineFailed(PerenneError):
    """The training machine could not read or write its work folder."""

    code = "trainer-machine-failed"
    title = "The training machine failed"
    status = 507


class WorkdirInUse(Conflict):
    """Another trainer works in this folder."""

    code = "trainer-workdir-in-use"
    title = "The work folder is in use"
