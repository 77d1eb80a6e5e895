"""What can go wrong while a recipe trains, each with its remedy.

Owns the error classes of the recipes. Refuses to hide a cause: the first line of it is in the detail.
"""

from perenne.kit.errors import PerenneError


class EmptyDataset(PerenneError):
    """There is nothing to learn from."""

    code = "training-dataset-empty"
    title = "The dataset has nothing to learn from"
    status = 422


class BadTrainingConfig(PerenneError):
    """The configuration of the run contradicts the recipe or the data."""

    code = "training-config-invalid"
    title = "The training configuration cannot be used"
    status = 422


class UnreadableTrainingImage(PerenneError):
    """An image of the dataset version cannot be read on the training machine."""

    code = "training-image-unreadable"
    title = "A training image cannot be read"
    status = 422


class OutOfMemory(PerenneError):
    """The machine has too little memory for the configuration."""

    code = "training-out-of-memory"
    title = "Training ran out of memory"
    status = 507


class LossNotFinite(PerenneError):
    """The loss or its gradient became NaN or infinite."""

    code = "training-loss-not-finite"
    title = "Training diverged"
    status = 422


class TrainingCancelled(PerenneError):
    """Somebody asked the run to stop; the checkpoint is kept."""

    code = "training-cancelled"
    title = "Training was cancelled"
    status = 409


class CheckpointDamaged(PerenneError):
    """The checkpoint in the work directory cannot be continued."""

    code = "training-checkpoint-damaged"
    title = "The checkpoint cannot be read"
    status = 422


class BaseModelUnusable(PerenneError):
    """The model to start from has no weights that fit this recipe."""

    code = "training-base-model-unusable"
    title = "The base model cannot be continued by this recipe"
    status = 422


class PretrainedWeightsMissing(PerenneError):
    """The general weights that the recipe starts from are not installed."""

    code = "training-weights-missing"
    title = "The pretrained weights are not installed"
    status = 500


class ExportNotFaithful(PerenneError):
    """The exported network does not compute what was trained."""

    code = "training-export-not-faithful"
    title = "The exported network differs from the trained one"
    status = 500


class DeviceUnavailable(PerenneError):
    """The requested device is not on this machine."""

    code = "training-device-unavailable"
    title = "The training device is not available"
    status = 422
