"""What can go wrong with deployments and inspections."""

from perenne.kit.errors import Conflict, InvalidInput, PerenneError


class NothingDeployed(Conflict):
    """A station was asked for an inspection before any version was deployed there."""

    code = "nothing-deployed"
    title = "No model version answers there"


class NothingToUndo(Conflict):
    """There is no earlier deployment to go back to."""

    code = "nothing-to-undo"
    title = "There is nothing to go back to"


class DeployedMeanwhile(Conflict):
    """Two deployments to one place at the same moment: one of them holds."""

    code = "deployed-meanwhile"
    title = "Another deployment came first"


class ModelUnusable(PerenneError):
    """An artefact that does not load, is not signed by this hub, or fails its self-check."""

    code = "model-unusable"
    title = "The model version cannot answer"
    status = 409


class ReferenceMissing(InvalidInput):
    """The model compares with a defect-free template and none was given or set."""

    code = "reference-missing"
    title = "A reference image is needed"


class BadInspection(InvalidInput):
    """An inspection request that carries no image, or carries it in an unknown way."""

    code = "bad-inspection"
    title = "The inspection request cannot be read"
