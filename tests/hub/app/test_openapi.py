"""The API's document: good enough to generate a client from, and the committed one is this hub's."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from perenne.hub.app.openapi import COMMITTED, document_text, write_document
from perenne.testing.hubs import hub_in_process

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="module")
def document(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    with hub_in_process(tmp_path_factory.mktemp("hub")) as it:
        yield it.app.openapi()


def _operations(document: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    return [
        (f"{method.upper()} {path}", operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    ]


def test_every_operation_has_a_short_name_of_its_own(document: dict[str, Any]) -> None:
    names = [operation["operationId"] for _, operation in _operations(document)]
    twice = {name for name in names if names.count(name) > 1}
    assert not twice, f"Rename one of the functions: {twice}"
    assert all(name.isidentifier() and len(name) <= 40 for name in names)


def test_every_answer_says_its_shape(document: dict[str, Any]) -> None:
    for operation, described in _operations(document):
        for status, answer in described["responses"].items():
            if status in ("204", "default"):
                continue
            shapes = [content.get("schema") for content in answer.get("content", {}).values()]
            assert shapes and all(shapes), f"{operation} {status} says nothing: name a response model"


def test_every_operation_may_refuse_with_a_problem(document: dict[str, Any]) -> None:
    for operation, described in _operations(document):
        content = described["responses"]["default"]["content"]
        assert content == {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
        assert "422" not in described["responses"], operation
    assert {"title", "status", "detail", "remedy", "code"} <= set(
        document["components"]["schemas"]["Problem"]["properties"]
    )


def test_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]
    text = json.dumps(document)
    named = {part.split('"')[0] for part in text.split("#/components/schemas/")[1:]}
    assert named <= set(schemas)


def test_the_document_is_written_once_and_then_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "some" / "openapi.json"
    assert write_document(path)
    assert not write_document(path)


def test_the_committed_document_is_what_this_hub_says(document: dict[str, Any]) -> None:
    if not (ROOT / "web").exists():
        pytest.skip("the web app is not part of this copy")
    committed = (ROOT / COMMITTED).read_text(encoding="utf-8")
    assert committed == document_text(document), "Run .venv/bin/python -m perenne.hub.app.openapi"
