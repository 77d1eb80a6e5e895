"""The visible list of rooms: whose tables exist and whose routes answer."""

from importlib import import_module
from types import ModuleType

from perenne.hub.accounts.auth import GuardedRouter

ROOMS = [
    "accounts",
    "sites",
    "images",
    "annotation",
    "review",
    "predictions",
    "models",
    "datasets",
    "training",
    "evaluation",
    "deployments",
]


def import_tables() -> None:
    """Import every room's tables, so that the metadata is whole."""
    for module in ["perenne.hub.infra.tables", "perenne.hub.infra.jobs.tables"]:
        _import_if_there(module)
    for room in ROOMS:
        _import_if_there(f"perenne.hub.{room}.tables")


def room_routers() -> list[GuardedRouter]:
    """Return every room's router, in the order of the loop."""
    modules = [_import_if_there(f"perenne.hub.{room}.api") for room in ROOMS]
    return [module.router for module in modules if module is not None]


def _import_if_there(name: str) -> ModuleType | None:
    try:
        return import_module(name)
    except ModuleNotFoundError as error:
        if error.name is not None and name.startswith(error.name):
            return None
        raise
