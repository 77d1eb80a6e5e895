"""A full disk is a clear message: nothing acknowledged is lost, nothing half kept, freeing space mends it."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
from starlette.testclient import TestClient

from perenne.testing.hubs import hub_in_process

DISK_MB = 8


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of a few megabytes; skipped where one cannot be mounted."""
    folder = tmp_path / "disk"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={DISK_MB}m", "tmpfs", str(folder)]
    if os.geteuid() != 0 or subprocess.run(command, capture_output=True, check=False).returncode != 0:
        pytest.skip("a small disk can be mounted by root only")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def _noise_png(seed: int) -> bytes:
    image = np.random.default_rng(seed).integers(0, 256, (256, 256, 3), dtype=np.uint8)
    return bytes(cv2.imencode(".png", image)[1])


def _push(client: TestClient, seed: int) -> tuple[int, str, str]:
    answer = client.post(
        "/api/v1/images?site=lyon", content=_noise_png(seed), headers={"Content-Type": "image/png"}
    )
    body = answer.json()
    return answer.status_code, str(body.get("image", {}).get("id", "")), str(body.get("code", ""))


def test_a_full_disk_refuses_clearly_loses_nothing_and_recovers(small_disk: Path) -> None:
    with hub_in_process(small_disk / "data") as it:
        client = it.client()
        client.post("/api/v1/sites", json={"slug": "lyon", "name": "Lyon"})
        filler = small_disk / "filler"
        filler.write_bytes(bytes(3_000_000))
        kept: list[str] = []
        refused = ""
        for seed in range(60):
            status, image_id, code = _push(client, seed)
            if status == 507:
                refused = code
                break
            assert status == 201, (status, code)
            kept.append(image_id)
        assert refused == "disk-full"
        assert kept, "some images fit"
        listed = [row["id"] for row in client.get("/api/v1/images?limit=1000").json()["items"]]
        assert sorted(listed) == sorted(kept), "an image is either acknowledged and there, or neither"
        for image_id in kept:
            assert client.get(f"/api/v1/images/{image_id}/bytes").status_code == 200
        filler.unlink()
        status, image_id, _ = _push(client, 1000)
        assert status == 201
        assert client.get(f"/api/v1/images/{image_id}").status_code == 200
