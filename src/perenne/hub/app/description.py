"""How the application describes itself to people and to generated clients.

Owns what FastAPI's document lacks: how to authenticate, and the one shape of every refusal. Refuses FastAPI's
own shape of a refused request, which this hub never sends.
"""

import json
from typing import Any

from fastapi import FastAPI

from perenne.hub.accounts.auth import CSRF_HEADER, SECURITY_SCHEME
from perenne.wire.base import Problem

REFUSAL = {
    "description": "What failed, on which thing, why, and what to do (RFC 9457).",
    "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
}
SCHEMES = {
    SECURITY_SCHEME: {"type": "http", "scheme": "bearer", "description": "A token: `perenne tokens add`."},
    "session": {
        "type": "apiKey",
        "in": "cookie",
        "name": "perenne",
        "description": f"A browser's session; over https the cookie is called `__Host-perenne`. "
        f"Unsafe methods also need the header {CSRF_HEADER}.",
    },
}
FOREIGN_SCHEMAS = ("HTTPValidationError", "ValidationError")


def describe_api(app: FastAPI) -> None:
    """Make `app` describe itself whole: credentials, and a problem document as every route's refusal."""
    describe = app.openapi

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            _complete(describe())
        return describe()

    setattr(app, "openapi", openapi)  # noqa: B010


def _complete(document: dict[str, Any]) -> None:
    components = document.setdefault("components", {})
    components["securitySchemes"] = SCHEMES
    schemas = components.setdefault("schemas", {})
    schemas["Problem"] = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
    for name in FOREIGN_SCHEMAS:
        schemas.pop(name, None)
    for operations in document["paths"].values():
        for operation in operations.values():
            responses = operation["responses"]
            if FOREIGN_SCHEMAS[0] in json.dumps(responses.get("422", {})):
                del responses["422"]
            responses["default"] = REFUSAL
            if operation.get("security"):
                operation["security"] = [{SECURITY_SCHEME: []}, {"session": []}]
