"""The kit: ids, hashes, cursors and errors keep their promises."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perenne.kit.errors import NotFound, PerenneError
from perenne.kit.hashing import canonical_json
from perenne.kit.ids import is_id, new_id, slugify
from perenne.kit.paging import BadCursor, decode_cursor, encode_cursor
from perenne.kit.registry import Registry, UnknownMember


def test_ids_are_typed_unique_and_sort_by_time() -> None:
    ids = [new_id("img") for _ in range(200)]
    assert len(set(ids)) == 200
    assert all(is_id(i, "img") and not is_id(i, "run") for i in ids)
    assert ids[0][:12] <= ids[-1][:12]


@given(st.lists(st.text(), min_size=2, max_size=2))
def test_a_cursor_gives_back_what_it_was_made_of(parts: list[str]) -> None:
    assert decode_cursor(encode_cursor(*parts), parts=2) == tuple(parts)


@given(st.text())
def test_a_foreign_cursor_is_a_clear_error_and_never_a_crash(text: str) -> None:
    try:
        decode_cursor(text, parts=1)
    except BadCursor as error:
        assert error.status == 422


def test_an_error_says_what_failed_and_what_to_do() -> None:
    problem = NotFound.of("site", "lyon").to_problem()
    assert problem["status"] == 404
    assert "lyon" in problem["detail"] and problem["remedy"]


def test_a_registry_names_its_members_when_one_is_missing() -> None:
    registry: Registry[int] = Registry("recipe")
    registry.register("a", 1)
    with pytest.raises(UnknownMember, match="Known: a"):
        registry.get("b")
    with pytest.raises(ValueError, match="already"):
        registry.register("a", 2)


def test_equal_values_have_one_canonical_form_and_nan_has_none() -> None:
    assert canonical_json({"a": 1, "b": "é"}) == canonical_json({"b": "é", "a": 1})
    with pytest.raises(ValueError, match="JSON"):
        canonical_json(float("nan"))


def test_slugs_survive_french_names() -> None:
    assert slugify("Atelier Éclipse n°4") == "atelier-eclipse-n-4"


def test_every_error_can_be_told_to_a_person() -> None:
    assert str(PerenneError("Nothing works.", remedy="Try again.")) == "Nothing works. Try again."
