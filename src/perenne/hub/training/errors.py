"""What can go wrong with runs, each with its remedy."""

from perenne.kit.errors import Conflict, InvalidInput, PerenneError


class ClaimReplaced(Conflict):
    """The run was taken from this trainer, or has ended; what it still says does not count."""

    code = "run-claim-replaced"
    title = "The claim has been replaced"


class RunHasEnded(Conflict):
    """The run is over and cannot be cancelled."""

    code = "run-has-ended"
    title = "The run has ended"


class RunCannotResume(Conflict):
    """Only a failed or cancelled run can be taken up again."""

    code = "run-cannot-resume"
    title = "The run cannot be resumed"


class NothingToTrainOn(InvalidInput):
    """The dataset version has no training images."""

    code = "run-nothing-to-train-on"
    title = "The dataset version has nothing to train on"


class BaseModelOfOtherProblem(InvalidInput):
    """The base model answers another question than the dataset asks."""

    code = "run-base-model-problem"
    title = "The base model does not fit the dataset"


class RunAbandoned(PerenneError):
    """The run stopped its trainer each time it was claimed."""

    code = "run-abandoned"
    title = "The run was given up"
    status = 500


class ArtefactOfOtherData(InvalidInput):
    """The artefact answers with other classes, or another problem, than the run's dataset asks for."""

    code = "run-artefact-of-other-data"
    title = "The artefact does not fit the run"


class TransitionNotAllowed(Conflict):
    """A run cannot become that from where it is."""

    code = "run-transition"
    title = "The run cannot become that"
