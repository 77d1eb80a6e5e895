"""Model versions over HTTP: found, carded, signed, and whole when they leave the hub."""

import base64
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from perenne.hub.models import Inspected, ModelVersionRow, Origin, register_model_version, sign_upload
from perenne.kit.hashing import sha256_file, sha256_hex
from perenne.runtime import SignatureInvalid, read_artefact, verify_signature
from perenne.testing.tiny_models import tiny_classifier
from perenne.testing.works import Works


def add_model(works: Works, path: Path, *, name: str = "cells") -> ModelVersionRow:
    hub, actor = works.house.hub, works.house.actor()
    artefact = read_artefact(path)
    signed = sign_upload(hub, actor, path)
    with hub.database.transaction() as session:
        return register_model_version(
            session,
            hub,
            actor,
            signed=signed,
            upload_sha256=sha256_file(path),
            inspected=Inspected(artefact.manifest, artefact.card),
            origin=Origin(name=name),
        )


def test_versions_count_up_within_their_line(works: Works, tmp_path: Path) -> None:
    path = tiny_classifier(tmp_path / "a.zip", metrics={"auroc": 0.9})
    for name in ("cells", "cells", "caps"):
        add_model(works, path, name=name)
    assert [(m["name"], m["number"]) for m in works.get("/models")["items"]] == [
        ("caps", 1),
        ("cells", 2),
        ("cells", 1),
    ]
    assert [m["number"] for m in works.get("/models", name="cells")["items"]] == [2, 1]
    assert works.get("/models/cells")["number"] == 2
    first = works.get("/models/cells:1")
    assert first["metrics"] == {"auroc": 0.9} and first["state"] == "ready"
    for unknown in ("cells:3", "cells:", "nobody", "cells:x", "mod_" + "0" * 26):
        expected = 200 if unknown == "cells:" else 404
        assert works.http.get(f"/api/v1/models/{unknown}").status_code == expected, unknown


def test_the_card_comes_with_the_manifest(works: Works, tmp_path: Path) -> None:
    add_model(works, tiny_classifier(tmp_path / "a.zip"))
    card = works.get("/models/cells/card")
    assert card["manifest"]["classes"] == ["good", "bad"] and card["card"]


def test_an_artefact_leaves_whole_and_signed_by_the_published_key(works: Works, tmp_path: Path) -> None:
    model = add_model(works, tiny_classifier(tmp_path / "a.zip"))
    answer = works.http.get("/api/v1/models/cells/artefact")
    assert sha256_hex(answer.content) == answer.headers["x-perenne-sha256"] == model.artefact_sha256
    published = works.get("/models/public-key")
    assert published["key_id"] == works.get("/models/cells")["signed_by"]
    key = Ed25519PublicKey.from_public_bytes(base64.b64decode(published["public_key"]))
    artefact = read_artefact(answer.content)
    verify_signature(artefact, public_key=key)
    stranger = Ed25519PublicKey.from_public_bytes(bytes(31) + b"\x01")
    with pytest.raises(SignatureInvalid):
        verify_signature(artefact, public_key=stranger)


def test_a_damaged_artefact_does_not_leave_the_hub(works: Works, tmp_path: Path) -> None:
    model = add_model(works, tiny_classifier(tmp_path / "a.zip"))
    path = works.house.hub.blobs.local_path(model.artefact_sha256, organisation_id=model.organisation_id)
    path.chmod(0o600)
    path.write_bytes(path.read_bytes()[:-1] + b"?")
    answer = works.http.get("/api/v1/models/cells/artefact")
    assert answer.status_code == 500 and answer.json()["code"] == "artefact-damaged"


def test_a_model_of_another_organisation_does_not_exist(works: Works, tmp_path: Path) -> None:
    model = add_model(works, tiny_classifier(tmp_path / "a.zip"))
    rival = works.house.client(organisation="rival")
    for path in (model.id, "cells", "cells:1"):
        assert rival.get(f"/api/v1/models/{path}").status_code == 404
        assert rival.get(f"/api/v1/models/{path}/artefact").status_code == 404
