"""Drawn circuit boards with known defects: pictures that look like something, and the exact boxes in them.

Owns the drawing. Refuses photographs: whatever is shown was computed from a seed.
"""

from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

DEFECTS = ("open", "short", "mouse-bite", "spur", "pin-hole", "copper")
WIDTH, HEIGHT = 640, 480
COPPER, MASK, HOLE = (96, 150, 196), (52, 84, 30), (26, 36, 18)


def draw_board(seed: int, *, defects: int) -> tuple[bytes, list[dict[str, Any]]]:
    """Return a JPEG of a board and its defects: `{"box": [x1, y1, x2, y2], "class": name}`."""
    rng = np.random.default_rng(seed)
    pixels_HWC = np.full((HEIGHT, WIDTH, 3), MASK, np.uint8)
    tracks = [int(y) for y in range(50, HEIGHT - 40, 42)]
    for y in tracks:
        _track(pixels_HWC, y, rng)
    boxes: list[dict[str, Any]] = []
    places = rng.permutation([(x, y) for y in tracks[:-1] for x in range(90, WIDTH - 90, 92)])
    for x, y in places[:defects]:
        name = DEFECTS[int(rng.integers(len(DEFECTS)))]
        boxes.append({"box": _defect(pixels_HWC, int(x), int(y), name), "class": name})
    light = np.linspace(0.86, 1.08, WIDTH)[None, :, None] * np.linspace(1.04, 0.92, HEIGHT)[:, None, None]
    noise = rng.normal(0, 3.5, pixels_HWC.shape)
    shown_HWC = np.clip(cv2.GaussianBlur(pixels_HWC, (3, 3), 0) * light + noise, 0, 255).astype(np.uint8)
    done, data = cv2.imencode(".jpg", shown_HWC, [cv2.IMWRITE_JPEG_QUALITY, 80])
    assert done
    return bytes(data), boxes


def with_comment(jpeg: bytes, text: str) -> bytes:
    """Return the same picture as other bytes: a JPEG comment is put behind its first marker."""
    comment = text.encode()
    return jpeg[:2] + b"\xff\xfe" + (len(comment) + 2).to_bytes(2, "big") + comment + jpeg[2:]


def _track(pixels_HWC: "NDArray[Any]", y: int, rng: np.random.Generator) -> None:
    bend = int(rng.integers(180, WIDTH - 180))
    low = y + int(rng.choice([0, 0, 10]))
    cv2.polylines(
        pixels_HWC, [np.array([[24, y], [bend, y], [bend + 12, low], [WIDTH - 24, low]])], False, COPPER, 9
    )
    for x in (24, WIDTH - 24):
        cv2.circle(pixels_HWC, (x, y if x == 24 else low), 12, COPPER, -1)
        cv2.circle(pixels_HWC, (x, y if x == 24 else low), 5, HOLE, -1)


def _defect(pixels_HWC: "NDArray[Any]", x: int, y: int, name: str) -> list[float]:
    """Draw one defect on the track at y; return the box around it."""
    if name == "open":
        cv2.rectangle(pixels_HWC, (x - 9, y - 7), (x + 9, y + 18), MASK, -1)
        return [x - 12.0, y - 9.0, x + 12.0, y + 20.0]
    if name == "short":
        cv2.line(pixels_HWC, (x, y), (x + 3, y + 42), COPPER, 7)
        return [x - 8.0, y - 3.0, x + 12.0, y + 46.0]
    if name == "mouse-bite":
        cv2.circle(pixels_HWC, (x, y - 4), 6, MASK, -1)
        return [x - 9.0, y - 13.0, x + 9.0, y + 5.0]
    if name == "spur":
        cv2.line(pixels_HWC, (x, y - 3), (x + 7, y - 17), COPPER, 5)
        return [x - 4.0, y - 21.0, x + 12.0, y + 1.0]
    if name == "pin-hole":
        cv2.circle(pixels_HWC, (x, y), 3, HOLE, -1)
        return [x - 7.0, y - 7.0, x + 7.0, y + 7.0]
    cv2.circle(pixels_HWC, (x, y + 21), 6, COPPER, -1)
    return [x - 9.0, y + 12.0, x + 9.0, y + 30.0]
