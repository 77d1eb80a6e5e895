"""The manifest of an artefact: everything that the path from image to prediction needs to know.

Owns the required fields and their limits. Refuses values that would let a model cost unbounded memory, and
numbers that JSON cannot hold. Fields it does not know are kept: they describe, they do not steer.
"""

import json
import math
from collections.abc import Mapping
from typing import Any

from perenne.problems import PROBLEMS
from perenne.runtime.errors import ArtefactRefused

FORMAT = 1
MAX_SIDE = 8192
MAX_INPUT_PIXELS = 16_000_000
MAX_CLASSES = 1000
MODES = ("letterbox", "stretch", "native")
ALIGNMENTS = ("none", "translation")
OUTPUTS = {"classification": ("logits",), "regression": ("value",), "detection": ("boxes", "scores")}


def parse_manifest(data: bytes) -> dict[str, Any]:
    """Return the manifest. Raises: ArtefactRefused with the first broken rule."""
    try:
        manifest = json.loads(data, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise ArtefactRefused.because(f"manifest.json is not valid JSON ({error})") from error
    if not isinstance(manifest, dict):
        raise ArtefactRefused.because("manifest.json is not an object")
    check_manifest(manifest)
    return manifest


def check_manifest(manifest: Mapping[str, Any]) -> None:
    """Return when the manifest keeps every rule. Raises: ArtefactRefused."""
    _require(manifest.get("format") == FORMAT, f"the manifest's format is not {FORMAT}")
    problem = manifest.get("problem")
    _require(problem in PROBLEMS and problem in OUTPUTS, f"its problem {problem!r} is unknown")
    _check_classes(manifest, str(problem))
    _check_input(manifest.get("input"))
    outputs = manifest.get("outputs", {})
    _require(
        isinstance(outputs, Mapping) and all(isinstance(v, str) for v in outputs.values()),
        "its outputs are not names",
    )
    for name in ("thresholds", "calibration", "suppression", "embedding", "files", "golden"):
        _require(isinstance(manifest.get(name, {}), Mapping), f"its {name} is not an object")
    temperature = manifest.get("calibration", {}).get("temperature", 1.0)
    _require(_is_positive(temperature), "its temperature is not a positive number")
    suppression = manifest.get("suppression", {})
    _require(all(_is_positive(v) for v in suppression.values()), "its suppression is not made of numbers > 0")
    _require(suppression.get("maximum", 1) <= 10_000, "its suppression keeps over 10,000 boxes")


def output_name(manifest: Mapping[str, Any], role: str) -> str:
    """Return the name that the graph gives to the output with this role."""
    return str(manifest.get("outputs", {}).get(role, role))


def _check_classes(manifest: Mapping[str, Any], problem: str) -> None:
    classes = manifest.get("classes")
    _require(
        isinstance(classes, list) and all(isinstance(name, str) and name for name in classes),
        "its classes are not a list of names",
    )
    assert isinstance(classes, list)
    _require(len(set(classes)) == len(classes) <= MAX_CLASSES, "its classes repeat or are over 1,000")
    _require(len(classes) >= (0 if problem == "regression" else 1), "it has no classes")


def _check_input(given: object) -> None:
    _require(isinstance(given, Mapping), "it does not describe its input")
    assert isinstance(given, Mapping)
    width, height, mode = given.get("width"), given.get("height"), given.get("mode", "letterbox")
    _require(mode in MODES, f"its input mode {mode!r} is none of {', '.join(MODES)}")
    for name, side in (("width", width), ("height", height)):
        good = isinstance(side, int) and not isinstance(side, bool) and 8 <= side <= MAX_SIDE
        _require(good, f"its input {name} {side!r} is not in 8..{MAX_SIDE}")
    assert isinstance(width, int) and isinstance(height, int)
    _require(width * height <= MAX_INPUT_PIXELS, "its input has over 16 Mpx")
    reference = given.get("reference", False)
    _require(isinstance(reference, bool), "its input does not say whether it takes a reference")
    alignment = given.get("reference_alignment", "none")
    _require(
        alignment in ALIGNMENTS, f"its reference alignment {alignment!r} is none of {', '.join(ALIGNMENTS)}"
    )
    channels = 6 if reference else 3
    _require(given.get("channels", 3) == channels, f"its input does not have {channels} channels")
    _require(_is_positive(given.get("maximum_scale", 1.0)), "its maximum scale is not a positive number")


def _require(holds: object, reason: str) -> None:
    if not holds:
        raise ArtefactRefused.because(reason)


def _is_positive(value: object) -> bool:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return is_number and math.isfinite(float(str(value))) and float(str(value)) > 0


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not allowed")
