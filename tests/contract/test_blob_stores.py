"""One contract over every blob store in the registry."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from perenne.hub.infra.blobs import (
    BLOB_STORES,
    BlobDamaged,
    BlobMissing,
    BlobStore,
    StorageUnavailable,
    StoreMismatch,
    open_blob_store,
    passing_place,
)
from perenne.kit.errors import InvalidInput
from perenne.kit.hashing import sha256_hex
from perenne.kit.registry import UnknownMember

ORG, OTHER = "org_a", "org_b"


@pytest.fixture(params=["file", "s3"])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return str(tmp_path / "blobs") if request.param == "file" else str(request.getfixturevalue("bucket"))


@pytest.fixture
def store(address: str) -> BlobStore:
    return open_blob_store(address)


def damage(store: BlobStore, address: str, sha256: str) -> None:
    """Change one stored byte behind the store's back."""
    key = f"{ORG}/{sha256[:2]}/{sha256}"
    if address.startswith("s3://"):
        import obstore

        obstore.put(store._store, key, b"x")  # type: ignore[attr-defined]
    else:
        (Path(address) / key).write_bytes(b"x")


def test_every_registered_store_has_its_place_in_this_suite() -> None:
    assert BLOB_STORES.names() == ["file", "s3"]


def test_bytes_come_back_as_they_were_put(store: BlobStore) -> None:
    sha256 = store.put(b"weld 7", organisation_id=ORG)
    assert sha256 == sha256_hex(b"weld 7")
    assert store.get(sha256, organisation_id=ORG, verify=True) == b"weld 7"
    assert store.size(sha256, organisation_id=ORG) == 6
    assert store.local_path(sha256, organisation_id=ORG).read_bytes() == b"weld 7"
    with store.open(sha256, organisation_id=ORG) as stream:
        assert stream.read(4) == b"weld"


def test_the_content_of_a_file_is_stored_like_its_bytes(store: BlobStore, tmp_path: Path) -> None:
    source = tmp_path / "frame.bin"
    source.write_bytes(os.urandom(6 << 20))
    sha256 = store.put(source, organisation_id=ORG)
    assert store.get(sha256, organisation_id=ORG) == source.read_bytes()


def test_putting_the_same_bytes_twice_keeps_one_copy(store: BlobStore) -> None:
    assert store.put(b"same", organisation_id=ORG) == store.put(b"same", organisation_id=ORG)
    assert list(store.iterate(organisation_id=ORG)) == [sha256_hex(b"same")]


def test_an_empty_blob_is_a_blob(store: BlobStore) -> None:
    assert store.get(store.put(b"", organisation_id=ORG), organisation_id=ORG) == b""


def test_an_organisation_does_not_see_what_another_stored(store: BlobStore) -> None:
    sha256 = store.put(b"secret", organisation_id=ORG)
    assert not store.exists(sha256, organisation_id=OTHER)
    assert list(store.iterate(organisation_id=OTHER)) == []
    with pytest.raises(BlobMissing):
        store.get(sha256, organisation_id=OTHER)
    with pytest.raises(BlobMissing):
        store.local_path(sha256, organisation_id=OTHER)


@pytest.mark.parametrize("act", ["get", "open", "local_path", "size"])
def test_missing_bytes_are_named_with_what_to_do(store: BlobStore, act: str) -> None:
    ask: Callable[..., object] = getattr(store, act)
    with pytest.raises(BlobMissing, match="restore"):
        ask("ab" * 32, organisation_id=ORG)


def test_listing_is_sorted_and_complete(store: BlobStore) -> None:
    stored = sorted(store.put(bytes([n]), organisation_id=ORG) for n in range(12))
    store.put(b"other", organisation_id=OTHER)
    assert list(store.iterate(organisation_id=ORG)) == stored
    store.mark("str_1")
    assert store.organisations() == [ORG, OTHER]


def test_a_passing_place_is_dropped_whole_and_nothing_else_ever_is(store: BlobStore) -> None:
    place = passing_place("imp_1")
    kept = store.put(b"stays", organisation_id=ORG)
    gone = [store.put(bytes([n]), organisation_id=place) for n in range(3)]
    assert store.organisations() == [ORG]
    store.drop(place)
    store.drop(place)
    assert not any(store.exists(sha256, organisation_id=place) for sha256 in gone)
    assert store.exists(kept, organisation_id=ORG)
    for other in (ORG, "", "tmp_../x", "../tmp_x"):
        with pytest.raises(InvalidInput):
            store.drop(other)
    assert store.exists(kept, organisation_id=ORG)


def test_damaged_bytes_are_noticed_on_a_verified_read(store: BlobStore, address: str) -> None:
    sha256 = store.put(b"sound", organisation_id=ORG)
    damage(store, address, sha256)
    with pytest.raises(BlobDamaged, match="backup"):
        store.get(sha256, organisation_id=ORG, verify=True)


def test_a_marked_store_is_known_again_and_refuses_another_mark(store: BlobStore, address: str) -> None:
    assert store.store_id() is None
    store.mark("str_1")
    store.mark("str_1")
    assert open_blob_store(address).store_id() == "str_1"
    with pytest.raises(StoreMismatch, match="str_1"):
        store.mark("str_2")


@pytest.mark.parametrize(
    ("sha256", "organisation"),
    [("../../etc/passwd", ORG), ("AB" * 32, ORG), ("ab" * 32, "../x"), ("ab" * 32, "")],
)
def test_no_key_leaves_the_store(store: BlobStore, sha256: str, organisation: str) -> None:
    with pytest.raises(InvalidInput):
        store.exists(sha256, organisation_id=organisation)


def test_an_unknown_kind_of_store_is_refused_with_the_known_ones() -> None:
    with pytest.raises(UnknownMember, match="file, s3"):
        open_blob_store("ftp://somewhere")


def test_a_bucket_without_credentials_is_refused_before_any_request(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith("AWS_"):
            monkeypatch.delenv(name)
    with pytest.raises(InvalidInput, match="AWS_ACCESS_KEY_ID"):
        open_blob_store("s3://bucket/prefix")


def test_an_unknown_option_of_an_address_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
    with pytest.raises(InvalidInput, match="endpont"):
        open_blob_store("s3://bucket/prefix?endpont=http://127.0.0.1:1")


def test_a_bucket_that_does_not_exist_is_a_clear_error(s3_endpoint: str, bucket: str) -> None:
    store = open_blob_store(f"s3://nosuchbucket/p?endpoint={s3_endpoint}")
    with pytest.raises(StorageUnavailable, match="nosuchbucket"):
        store.put(b"x", organisation_id=ORG)
