"""Models: model versions, their signed artefacts and their cards.

Owns the rows, the check of uploaded artefacts in a process of its own, the hub's signature, the lineage.
Promises: no pickle and no foreign operator gets in; what is handed out has the hash that it was registered
with and this hub's signature; numbers of a model line have no gaps and never change their meaning.
Does not know runs and datasets beyond their ids, and does not decide what is deployed.
"""

from perenne.hub.models.errors import ArtefactCheckFailed, ArtefactDamaged, ArtefactRefused
from perenne.hub.models.inspector import Inspected, inspect_upload
from perenne.hub.models.service import (
    Origin,
    Signed,
    artefact_file,
    get_model_version,
    lineage_of,
    list_models,
    register_model_version,
    sign_upload,
)
from perenne.hub.models.tables import ModelVersionRow

__all__ = [
    "ArtefactCheckFailed",
    "ArtefactDamaged",
    "ArtefactRefused",
    "Inspected",
    "ModelVersionRow",
    "Origin",
    "Signed",
    "artefact_file",
    "get_model_version",
    "inspect_upload",
    "lineage_of",
    "list_models",
    "register_model_version",
    "sign_upload",
]
