"""Pushing images: resumable, one answer a file, context and truth at their place."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image as Picture

from perenne.client import Client, NothingToPush
from perenne.client.images import Outgoing
from perenne.wire.images import CaptureContext
from perenne.wire.truth import TruthItem


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of two boards with three images each."""
    rng = np.random.default_rng(3)
    for board in ("a", "b"):
        (tmp_path / "in" / board).mkdir(parents=True)
        for number in range(3):
            pixels = rng.integers(0, 255, (24, 32, 3), dtype=np.uint8)
            Picture.fromarray(pixels).save(tmp_path / "in" / board / f"{number}.png")
    return tmp_path / "in"


@pytest.fixture
def lyon(client: Client) -> Client:
    """The client of a hub that has site lyon with station s1."""
    client.sites.ensure("lyon", name="Lyon", time_zone="Europe/Paris")
    client.sites.ensure_station("lyon", "s1", line=client.sites.ensure_line("lyon", "l1").slug)
    return client


def test_a_folder_arrives_once_however_often_it_is_pushed(lyon: Client, folder: Path) -> None:
    first = lyon.images.push(folder, site="lyon", station="s1", group=lambda path: path.parent.name)
    second = lyon.images.push(folder, site="lyon", station="s1")
    assert (first.created, first.known, first.refused) == (6, 0, 0)
    assert (second.created, second.known, second.bytes_sent) == (0, 6, 0)
    listed = list(lyon.images.list(site="lyon", limit=2))
    assert {(image.group_key, image.station) for image in listed} == {("a", "s1"), ("b", "s1")}
    assert len(listed) == 6


def test_a_bad_file_is_refused_alone_and_with_its_reason(lyon: Client, folder: Path) -> None:
    (folder / "broken.png").write_bytes(b"not an image")
    seen: list[str] = []
    report = lyon.images.push(folder, site="lyon", progress=lambda file: seen.append(file.status))
    assert (report.created, report.refused) == (6, 1)
    assert report.refusals[0].path.name == "broken.png"
    assert sorted(seen) == ["created"] * 6 + ["refused"]
    assert lyon.images.refused().total == 1


def test_the_same_bytes_twice_in_one_push_are_sent_once(lyon: Client, folder: Path) -> None:
    twin = folder / "twin.png"
    twin.write_bytes((folder / "a" / "0.png").read_bytes())
    report = lyon.images.push(folder, site="lyon")
    assert (report.created, report.known) == (6, 1)


def test_reference_images_go_first_and_are_named_by_their_hash(lyon: Client, folder: Path) -> None:
    template, image = folder / "a" / "0.png", folder / "a" / "1.png"
    pushed = lyon.images.push([template], site="lyon", kind="reference")
    context = CaptureContext(site="lyon", reference=pushed.files[0].sha256)
    report = lyon.images.push_all([Outgoing(image, context)])
    assert report.files[0].image_id is not None
    assert lyon.images.get(report.files[0].image_id).reference_image_id == pushed.files[0].image_id


def test_an_unknown_site_is_the_hubs_own_refusal(lyon: Client, folder: Path) -> None:
    report = lyon.images.push(folder, site="nowhere")
    assert report.refused == 6
    assert "nowhere" in str(report.refusals[0].refusal)


def test_an_empty_folder_is_nothing_to_push(lyon: Client, tmp_path: Path) -> None:
    with pytest.raises(NothingToPush, match="There is no image"):
        lyon.images.push(tmp_path, site="lyon")
    with pytest.raises(NothingToPush, match="does not exist"):
        lyon.images.push(tmp_path / "gone", site="lyon")


def test_truth_is_accepted_once_and_refused_item_by_item(lyon: Client, folder: Path) -> None:
    report = lyon.images.push(folder, site="lyon")
    lyon.schemas.ensure("cells", problem="classification", classes=["good", "bad"], good_class="good")
    items = [TruthItem(sha256=file.sha256, target={"class": "bad"}) for file in report.files]
    items.append(TruthItem(sha256=report.files[0].sha256, target={"class": "unheard of"}))
    first = lyon.truth.push(items, schema="cells")
    again = lyon.truth.push(items[:6], schema="cells")
    assert (first.accepted, len(first.refused), first.refused[0].index) == (6, 1, 6)
    assert again.unchanged == 6
