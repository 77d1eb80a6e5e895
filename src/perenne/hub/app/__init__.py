"""App: the hub over HTTP.

Owns the one FastAPI application: rooms and their routes, problem documents, health, metrics, documentation.
Promises that every route declares a permission, that every error is problem+json, and that no page or
answer refers to another host. Decides nothing about the loop.
"""

from perenne.hub.app.factory import create_app, open_hub

__all__ = ["create_app", "open_hub"]
