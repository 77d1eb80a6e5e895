"""The COCO file as a whole: found, whole JSON, of the right kind.

Owns what makes a file unusable before any image is looked at. Refuses results files: predictions are not
truth.
"""

import json
from pathlib import Path
from typing import Any

from perenne.formats.items import UnreadableSet


def find_coco_file(path: Path) -> Path:
    """Return the annotation file: the given one, or the only JSON file of a folder. Raises: UnreadableSet."""
    if path.is_file():
        return path
    if not path.is_dir():
        raise UnreadableSet(f"There is no file or folder '{path}'.", remedy="Check the path.")
    candidates = sorted(path.glob("*.json")) or sorted((path / "annotations").glob("*.json"))
    if len(candidates) != 1:
        names = ", ".join(c.name for c in candidates[:5]) or "none"
        raise UnreadableSet(
            f"'{path}' holds {len(candidates)} JSON files ({names}).",
            remedy="Name the annotation file itself.",
        )
    return candidates[0]


def load_coco(path: Path) -> dict[str, list[Any]]:
    """Return the content of a COCO annotation file with its three lists. Raises: UnreadableSet."""
    try:
        content = json.loads(path.read_bytes().decode("utf-8-sig"))
    except json.JSONDecodeError as error:
        raise UnreadableSet(
            f"'{path}' is not whole JSON: {error.msg} at line {error.lineno}, column {error.colno}.",
            remedy="Export or copy the file again; it may have been cut off.",
        ) from error
    except (UnicodeDecodeError, ValueError, RecursionError, OSError) as error:
        raise UnreadableSet(
            f"'{path}' cannot be read as JSON: {str(error)[:200] or type(error).__name__}.",
            remedy="Export the file again, as UTF-8.",
        ) from error
    if isinstance(content, list):
        raise UnreadableSet(
            f"'{path}' is a list: a COCO results file with predictions, which are not truth.",
            remedy="Give the annotation file, with images, annotations and categories.",
        )
    if not isinstance(content, dict):
        raise UnreadableSet(f"'{path}' holds no JSON object.", remedy="Give a COCO annotation file.")
    missing = [k for k in ("images", "annotations", "categories") if not isinstance(content.get(k), list)]
    if missing:
        raise UnreadableSet(
            f"'{path}' has no list '{missing[0]}' (it has: {', '.join(list(content)[:8]) or 'nothing'}).",
            remedy="A COCO annotation file has the lists images, annotations and categories.",
        )
    if any(isinstance(a, dict) and "score" in a for a in content["annotations"]):
        raise UnreadableSet(
            f"'{path}' has annotations with a score: predictions, which are not truth.",
            remedy="Give reviewed annotations; take 'score' out if these were reviewed.",
        )
    return content
