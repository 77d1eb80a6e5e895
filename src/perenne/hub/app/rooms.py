"""The visible list of rooms: whose tables exist and whose routes answer."""

from importlib import import_module

from perenne.hub.accounts.auth import GuardedRouter

ROOMS = [
    "accounts",
    "sites",
    "images",
    "annotation",
    "review",
    "predictions",
    "monitoring",
    "models",
    "imports",
    "datasets",
    "performance",
    "training",
    "evaluation",
    "deployments",
    "reports",
]
WITHOUT_TABLES = {"reports"}
"""Rooms that keep nothing of their own."""


def import_tables() -> None:
    """Import every room's tables, so that the metadata is whole."""
    import_module("perenne.hub.infra.tables")
    import_module("perenne.hub.infra.jobs.tables")
    for room in ROOMS:
        if room not in WITHOUT_TABLES:
            import_module(f"perenne.hub.{room}.tables")


def room_routers() -> list[GuardedRouter]:
    """Return every room's router, in the order of the loop."""
    return [import_module(f"perenne.hub.{room}.api").router for room in ROOMS]
