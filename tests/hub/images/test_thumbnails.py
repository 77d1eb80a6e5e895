"""A small picture is made once, kept beside the data, and shows the upright image."""

from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest

from perenne.testing.hubs import HubInProcess, hub_in_process


def wide_jpeg() -> bytes:
    """Return a JPEG of 3000 x 1000 pixels whose left half is red."""
    pixels = np.zeros((1000, 3000, 3), np.uint8)
    pixels[:, :1500, 2] = 255
    return bytes(cv2.imencode(".jpg", pixels)[1])


@pytest.fixture
def it(tmp_path: Path) -> Iterator[HubInProcess]:
    with hub_in_process(tmp_path / "data") as it:
        it.client().post("/api/v1/sites", json={"slug": "lyon", "name": "Lyon"})
        yield it


def push(it: HubInProcess, data: bytes) -> str:
    answer = it.client().post("/api/v1/images", content=data, params={"site": "lyon"})
    return str(answer.json()["image"]["id"])


def kept(it: HubInProcess) -> list[Path]:
    return sorted((it.hub.settings.data / "thumbnails").rglob("*.jpg"))


def test_a_large_jpeg_becomes_a_small_one_with_the_same_picture(it: HubInProcess) -> None:
    answer = it.client().get(f"/api/v1/images/{push(it, wide_jpeg())}/thumbnail")
    pixels = cv2.imdecode(np.frombuffer(answer.content, np.uint8), cv2.IMREAD_COLOR)
    assert pixels.shape[:2] == (85, 256)
    assert pixels[40, 20].argmax() == 2
    assert pixels[40, 240].max() < 20
    assert "immutable" in answer.headers["cache-control"]


def test_it_is_made_once_and_kept(it: HubInProcess) -> None:
    image, client = push(it, wide_jpeg()), it.client()
    first = client.get(f"/api/v1/images/{image}/thumbnail").content
    (path,) = kept(it)
    path.write_bytes(b"kept")
    assert client.get(f"/api/v1/images/{image}/thumbnail").content == b"kept"
    path.unlink()
    assert client.get(f"/api/v1/images/{image}/thumbnail").content == first


def test_an_unusual_size_is_made_and_not_kept(it: HubInProcess) -> None:
    answer = it.client().get(f"/api/v1/images/{push(it, wide_jpeg())}/thumbnail", params={"size": 77})
    assert answer.status_code == 200
    assert kept(it) == []


def test_where_nothing_can_be_kept_it_is_shown_all_the_same(it: HubInProcess) -> None:
    (it.hub.settings.data / "thumbnails").write_text("a file stands in the way")
    answer = it.client().get(f"/api/v1/images/{push(it, wide_jpeg())}/thumbnail")
    assert answer.status_code == 200
