"""The API in a document, committed for the web app: what every route takes, answers and refuses with.

`python -m perenne.hub.app.openapi [PATH]` writes it, the same bytes for the same version. Owns the file, and
nothing of what it says: the routes do.
"""

import argparse
import json
import tempfile
from pathlib import Path
from typing import Any

from perenne.hub.settings import Settings

COMMITTED = Path("web/src/api/openapi.json")


def document_text(document: dict[str, Any]) -> str:
    """Return the document as it is committed: sorted, so that a change shows as itself only."""
    return json.dumps(document, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def write_document(path: Path) -> bool:
    """The file at `path` holds what this version's hub answers; return whether that changed it."""
    from perenne.hub.app.factory import create_app, open_hub

    with tempfile.TemporaryDirectory() as folder:
        hub = open_hub(Settings(data=Path(folder)))
        text = document_text(create_app(hub).openapi())
        hub.database.dispose()
    if path.exists() and path.read_text(encoding="utf-8") == text:
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return True


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m perenne.hub.app.openapi", description="Write the API.")
    parser.add_argument("path", type=Path, nargs="?", default=COMMITTED, help=f"default: {COMMITTED}")
    target = parser.parse_args().path
    print(f"{target} {'written' if write_document(target) else 'is as the hub says'}")
