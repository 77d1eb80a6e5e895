"""An artefact is read whole, unchanged and signed, or not at all."""

import io
import json
import pickle
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from perenne.kit.hashing import canonical_json, sha256_hex
from perenne.runtime import (
    ArtefactDamaged,
    ArtefactRefused,
    GoldenMismatch,
    SignatureInvalid,
    inspect_artefact,
    load_model,
    read_artefact,
    sign_artefact,
    verify_signature,
)
from perenne.testing.tiny_models import tiny_classifier, tiny_detector, tiny_regressor

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
OTHER = Ed25519PrivateKey.from_private_bytes(bytes(32))


@pytest.fixture(scope="module")
def artefact(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return tiny_classifier(tmp_path_factory.mktemp("artefact") / "model.perenne").read_bytes()


def rebuilt(
    artefact: bytes,
    change: Callable[[dict[str, bytes]], None],
    *,
    rehash: bool = True,
    method: int = zipfile.ZIP_STORED,
) -> bytes:
    """Return the artefact with changed members; `rehash` makes the manifest agree again."""
    with zipfile.ZipFile(io.BytesIO(artefact)) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    change(members)
    if rehash and "manifest.json" in members:
        manifest = json.loads(members["manifest.json"])
        hashed = {n: d for n, d in members.items() if n not in ("manifest.json", "manifest.sig")}
        manifest["files"] = {name: sha256_hex(data) for name, data in hashed.items()}
        members["manifest.json"] = canonical_json(manifest)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def with_field(artefact: bytes, **fields: Any) -> bytes:
    def change(members: dict[str, bytes]) -> None:
        members["manifest.json"] = json.dumps({**json.loads(members["manifest.json"]), **fields}).encode()

    return rebuilt(artefact, change, rehash=False)


def test_what_was_written_is_read(artefact: bytes, tmp_path: Path) -> None:
    read = read_artefact(artefact)
    assert read.manifest["problem"] == "classification" and read.card.startswith("# Tiny model")
    path = tmp_path / "copy"
    path.write_bytes(artefact)
    assert read_artefact(path) == read


def test_equal_models_are_equal_bytes(artefact: bytes, tmp_path: Path) -> None:
    assert tiny_classifier(tmp_path / "again.perenne").read_bytes() == artefact


@pytest.mark.parametrize("build", [tiny_classifier, tiny_regressor, tiny_detector])
def test_the_full_examination_admits_a_sound_artefact(build: Callable[[Path], Path], tmp_path: Path) -> None:
    assert inspect_artefact(build(tmp_path / "model.perenne")).manifest["golden"]["outputs"]


def test_a_signature_binds_every_file_to_the_key(artefact: bytes) -> None:
    signed = sign_artefact(artefact, private_key=KEY)
    verify_signature(read_artefact(signed), public_key=KEY.public_key())
    load_model(signed, public_key=KEY.public_key())
    assert sign_artefact(signed, private_key=KEY) == signed
    for forged in (artefact, sign_artefact(artefact, private_key=OTHER)):
        with pytest.raises(SignatureInvalid):
            load_model(forged, public_key=KEY.public_key())
    relabelled = with_field(signed, classes=["bad", "good"])
    with pytest.raises(SignatureInvalid):
        load_model(relabelled, public_key=KEY.public_key())


def test_a_changed_file_is_damage(artefact: bytes) -> None:
    for name in ("model.onnx", "card.md"):
        changed = rebuilt(artefact, lambda members, name=name: members.update({name: b"x"}), rehash=False)  # type: ignore[misc]
        with pytest.raises(ArtefactDamaged, match=name):
            read_artefact(changed)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_flipped_byte_is_always_seen(artefact: bytes, data: st.DataObject) -> None:
    signed = sign_artefact(artefact, private_key=KEY)
    position = data.draw(st.integers(0, len(signed) - 1))
    broken = (
        signed[:position]
        + bytes([signed[position] ^ data.draw(st.integers(1, 255))])
        + signed[position + 1 :]
    )
    try:
        model = load_model(broken, public_key=KEY.public_key())
    except ArtefactRefused:
        return
    # What got through is a byte that no reader looks at (a zip date or attribute): content is unchanged.
    assert model.manifest == read_artefact(signed).manifest


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("unknown member", lambda m: m.update({"evil.py": b"import os"})),
        ("path out of the archive", lambda m: m.update({"../../etc/cron.d/job": b"* * * * *"})),
        ("pickle", lambda m: m.update({"weights.pkl": pickle.dumps({})})),
        (
            "pickle as weights",
            lambda m: m.update({"weights.safetensors": pickle.dumps({"a": 1}, protocol=4)}),
        ),
        ("no graph", lambda m: m.pop("model.onnx")),
        ("no manifest", lambda m: m.pop("manifest.json")),
        ("short signature", lambda m: m.update({"manifest.sig": b"short"})),
        ("manifest is a list", lambda m: m.update({"manifest.json": b"[]"})),
        ("manifest is not JSON", lambda m: m.update({"manifest.json": b"{nope"})),
        ("manifest nests too deep", lambda m: m.update({"manifest.json": b"[" * 200_000})),
    ],
)
def test_hostile_archives_are_refused(
    artefact: bytes, name: str, change: Callable[[dict[str, bytes]], None]
) -> None:
    def safely(members: dict[str, bytes]) -> None:
        change(members)

    broken = rebuilt(
        artefact, safely, rehash=name in ("unknown member", "pickle", "pickle as weights", "no graph")
    )
    with pytest.raises(ArtefactRefused) as refusal:
        read_artefact(broken)
    assert refusal.value.remedy


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04", b"\x80\x04\x95", b"x" * 1000, pickle.dumps([1, 2])])
def test_what_is_no_archive_is_refused(data: bytes) -> None:
    with pytest.raises(ArtefactRefused):
        read_artefact(data)


def test_a_compressed_archive_is_refused_before_it_is_unpacked(artefact: bytes) -> None:
    bomb = rebuilt(artefact, lambda m: m.update({"card.md": b"\0" * 900_000}), method=zipfile.ZIP_DEFLATED)
    with pytest.raises(ArtefactRefused, match="compressed"):
        read_artefact(bomb)


@pytest.mark.parametrize(
    "fields",
    [
        {"format": 2},
        {"problem": "clairvoyance"},
        {"classes": "ab"},
        {"classes": ["a", "a"]},
        {"classes": []},
        {"input": None},
        {"input": {"width": 64, "height": 64, "mode": "sideways"}},
        {"input": {"width": 10**9, "height": 64}},
        {"input": {"width": 8000, "height": 8000}},
        {"input": {"width": 64, "height": 64, "channels": 4}},
        {"input": {"width": 64, "height": 64, "reference": True, "channels": 3}},
        {"calibration": {"temperature": 0}},
        {"suppression": {"maximum": 10**9}},
        {"suppression": {"iou": "high"}},
        {"thresholds": [0.5]},
        {"files": {}},
    ],
)
def test_a_manifest_that_breaks_a_rule_is_refused(artefact: bytes, fields: dict[str, Any]) -> None:
    with pytest.raises(ArtefactRefused):
        read_artefact(with_field(artefact, **fields))


def test_nan_in_a_manifest_is_refused(artefact: bytes) -> None:
    def change(members: dict[str, bytes]) -> None:
        members["manifest.json"] = members["manifest.json"].replace(b'"seed":0', b'"seed":NaN', 1)

    with pytest.raises(ArtefactRefused, match="NaN"):
        read_artefact(rebuilt(artefact, change, rehash=False))


def changed_graph(artefact: bytes, edit: Callable[[Any], None]) -> bytes:
    import onnx

    def change(members: dict[str, bytes]) -> None:
        model = onnx.load_model_from_string(members["model.onnx"])
        edit(model)
        members["model.onnx"] = model.SerializeToString()

    return rebuilt(artefact, change)


def test_a_graph_with_external_data_is_refused_at_load_and_at_registration(artefact: bytes) -> None:
    import onnx

    def edit(model: Any) -> None:
        tensor = next(t for t in model.graph.initializer if t.name == "slopes")
        tensor.ClearField("raw_data")
        tensor.data_location = onnx.TensorProto.EXTERNAL
        tensor.external_data.add(key="location", value="../../../etc/passwd")

    broken = changed_graph(artefact, edit)
    for open_it in (load_model, inspect_artefact):
        with pytest.raises(ArtefactRefused, match="outside itself"):
            open_it(broken)


def test_custom_operators_loops_and_local_functions_are_refused(artefact: bytes) -> None:
    import onnx
    from onnx import helper

    def custom(model: Any) -> None:
        model.graph.node.append(helper.make_node("Steal", ["mean"], ["x"], domain="evil.ops"))
        model.opset_import.append(helper.make_opsetid("evil.ops", 1))

    def looping(model: Any) -> None:
        body = helper.make_graph([], "body", [], [])
        model.graph.node.append(helper.make_node("If", ["flag"], ["x"], then_branch=body, else_branch=body))

    def function(model: Any) -> None:
        own = onnx.FunctionProto(name="F", domain="local")
        own.opset_import.append(helper.make_opsetid("", 17))
        model.functions.append(own)
        model.opset_import.append(helper.make_opsetid("local", 1))

    for edit in (custom, looping, function):
        with pytest.raises(ArtefactRefused):
            inspect_artefact(changed_graph(artefact, edit))


def test_a_graph_that_does_not_fit_its_manifest_is_refused(artefact: bytes) -> None:
    def rename(model: Any) -> None:
        for node in model.graph.node:
            node.output[:] = ["other" if name == "logits" else name for name in node.output]
        for output in model.graph.output:
            output.name = "other" if output.name == "logits" else output.name

    with pytest.raises(ArtefactRefused, match="no output logits"):
        inspect_artefact(changed_graph(artefact, rename))


def test_another_weight_gives_other_golden_answers(artefact: bytes) -> None:
    from onnx import numpy_helper

    def edit(model: Any) -> None:
        tensor = next(t for t in model.graph.initializer if t.name == "slopes")
        other = numpy_helper.to_array(tensor) * np.float32(-1)
        tensor.CopyFrom(numpy_helper.from_array(other, "slopes"))

    with pytest.raises(GoldenMismatch):
        load_model(changed_graph(artefact, edit))


def test_a_truncated_graph_is_a_refusal_not_a_crash(artefact: bytes) -> None:
    broken = rebuilt(artefact, lambda m: m.update({"model.onnx": m["model.onnx"][:100]}))
    for open_it in (load_model, inspect_artefact):
        with pytest.raises(ArtefactRefused):
            open_it(broken)
