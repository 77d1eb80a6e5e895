"""`perenne performance`: claims are stated, shown and withdrawn, and labels say by which stream they came."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from perenne.testing.hubs import HubInProcess

Perenne = Callable[..., Any]


def _prepare(hub: HubInProcess) -> None:
    http = hub.client()
    http.post("/api/v1/sites", json={"slug": "lyon", "name": "Lyon"})
    schema = {"slug": "cells", "name": "Cells", "problem": "classification", "classes": ["good", "bad"]}
    assert http.post("/api/v1/label-schemas", json=schema).status_code == 201


def test_a_claim_is_stated_shown_and_withdrawn(hub: HubInProcess, perenne: Perenne) -> None:
    _prepare(hub)
    said = perenne(
        "performance", "certify", "lyon", "recall", "0.95", "--schema", "cells", "--stream", "seeded"
    )
    assert "recall >= 0.95" in said.out and "open" in said.out
    assert "Nothing was inspected here yet" in said.out
    (claim,) = hub.client().get("/api/v1/sites/lyon/claims").json()["items"]
    assert str(claim["labels_left"]) in said.out
    assert "lyon" in perenne("performance", "sites").out
    assert "No label" in perenne("performance", "show", "lyon").out
    assert "No week" in perenne("performance", "estimates", "lyon").out
    perenne("performance", "withdraw", claim["id"])
    assert "None yet" in perenne("performance", "claims", "lyon").out


def test_pushed_labels_say_how_their_images_were_drawn(
    hub: HubInProcess, perenne: Perenne, tmp_path: Path
) -> None:
    _prepare(hub)
    file = tmp_path / "truth.ndjson"
    file.write_text('{"part_id": "P-1", "site": "lyon", "target": {"class": "bad"}}\n')
    push = ("truth", "push", file, "--schema", "cells", "--stream", "audit")
    perenne(*push, "--inclusion-probability", "0.02")
    (truth,) = hub.client().get("/api/v1/ground-truth").json()["items"]
    assert (truth["stream"], truth["inclusion_probability"]) == ("audit", 0.02)
    refused = perenne(
        "truth", "push", file, "--schema", "cells", "--inclusion-probability", "0.5", fails=True
    )
    assert "belongs to an audit" in refused.err + refused.out


def test_a_report_is_written_to_a_file_and_its_months_are_listed(
    hub: HubInProcess, perenne: Perenne, tmp_path: Path
) -> None:
    _prepare(hub)
    assert "No record" in perenne("performance", "report", "lyon").out
    month = f"{hub.clock.now():%Y-%m}"
    claim = {"metric": "recall", "at_least": 0.9, "label_schema": "cells", "stream": "seeded"}
    assert hub.client().post("/api/v1/sites/lyon/claims", json=claim).status_code == 201
    assert month in perenne("performance", "report", "lyon").out
    for name, begin in (("r.html", b"<!doctype html>"), ("r.pdf", b"%PDF-"), ("r.json", b'{"site_id"')):
        how = {"r.pdf": ["--pdf"], "r.json": ["--json"]}.get(name, [])
        said = perenne("performance", "report", "lyon", "--month", month, *how, "-o", str(tmp_path / name))
        assert name in said.out.replace("\n", "")
        assert (tmp_path / name).read_bytes().startswith(begin)
