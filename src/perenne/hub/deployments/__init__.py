"""Deployments: which model version answers at which site or station, and the inspections it answers.

Owns the deployments with their history, the models loaded to answer, and the inspection path.
Promises: one active deployment a place, the station's before its site's; a version is proven before it
answers and a bad one never replaces a good one; an undo goes back; every inspection is recorded.
Does not train or evaluate, and does not decide whether a version is good enough for a site.
"""

from perenne.hub.deployments.inspection import inspect_image
from perenne.hub.deployments.service import (
    deploy_version,
    find_setup,
    get_deployment,
    list_deployments,
    undo_deployment,
)
from perenne.hub.deployments.tables import DeploymentRow

__all__ = [
    "DeploymentRow",
    "deploy_version",
    "find_setup",
    "get_deployment",
    "inspect_image",
    "list_deployments",
    "undo_deployment",
]
