"""Incidents with a known cause, made from good production images: for tests and for measuring a diagnosis.

Owns a station that writes files, and what becomes of them, of labels, of the golden part and of replayed
files under every cause of the decision table, under two at once, and under changes that are in no row.
Strengths are drawn. Faults are made otherwise than in `monitoring.acquisition_changes`, from which signatures
are learnt: a disk instead of a Gaussian, Pillow's JPEG instead of OpenCV's. Refuses to diagnose.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from io import BytesIO
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from perenne.quality.decoding import decode_upright

Pixels = NDArray[np.uint8]
Rng = np.random.Generator
Optic = Callable[[Pixels, Rng], Pixels]

ANNOTATOR_SLIP = 0.03
N_GOLDEN = 8


@dataclass(frozen=True)
class Piece:
    """A photographed piece. `doubtful`: whether it is a defect depends on the definition."""

    image: Pixels
    defect: bool
    doubtful: bool = False


@dataclass(frozen=True)
class Stock:
    """What a station may photograph: its own product, another one, and defects that nobody has seen."""

    own: Sequence[Piece]
    other: Sequence[Piece] = ()
    novel: Sequence[Piece] = ()


@dataclass(frozen=True)
class Shot:
    """One file of the window. `truth` under the definition of today, and what two annotators say."""

    data: bytes
    truth: bool
    first: bool
    second: bool


@dataclass(frozen=True)
class Chain:
    """How today's images come to be; the default is how they always came."""

    optics: tuple[Optic, ...] = ()
    container: str = "PNG"
    quality: int = 95
    scale: float = 1.0
    decode: Callable[[bytes], Pixels] = decode_upright
    prepare: Callable[[Pixels], Pixels] | None = None
    defect_share: float | None = None
    other_share: float = 0.0
    novel_share: float = 0.0
    doubtful_fails: bool = False
    slip: float = ANNOTATOR_SLIP
    repeat_share: float = 0.0
    sites: int = 1
    release: bool = False


@dataclass(frozen=True)
class Incident:
    """A window after a change. `causes`: the right answers, ("unknown",) for a change in no row.

    `chain.decode` and `chain.prepare` are today's software, which a replay of old files goes through.
    """

    causes: tuple[str, ...]
    kinds: tuple[str, ...]
    strengths: tuple[float, ...]
    shots: list[Shot]
    golden: list[bytes]
    chain: Chain


@dataclass(frozen=True)
class Fault:
    """One way in which a cause comes about: a strength is drawn between `low` and `high`."""

    cause: str
    kind: str
    low: float
    high: float
    bring: Callable[[Chain, float, Rng], Chain]

    def possible(self, stock: Stock) -> bool:
        """Say whether the stock has what it takes."""
        needed = {"new_product": stock.other, "new_defect": stock.own, "definition": _doubtful(stock)}
        return bool(needed.get(self.cause, True))


def photograph(piece: Pixels, *, chain: Chain, rng: Rng) -> bytes:
    """Return the file of one photograph; no two of one piece are the same, as sensors are."""
    image = piece
    for optic in chain.optics:
        image = optic(image, rng)
    if chain.scale != 1.0:
        size = round(image.shape[1] * chain.scale), round(image.shape[0] * chain.scale)
        image = np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)
    return write_file(image, container=chain.container, quality=chain.quality)


def write_file(image: Pixels, *, container: str = "PNG", quality: int = 95) -> bytes:
    """Return the encoded image as this station's camera writes it."""
    buffer = BytesIO()
    exif = Image.Exif()
    exif[0x010F], exif[0x0110] = "Plant", "line camera"
    options: dict[str, Any] = (
        {"quality": quality, "exif": exif} if container == "JPEG" else {"compress_level": 1}
    )
    Image.fromarray(image).save(buffer, container, **options)
    return buffer.getvalue()


def list_faults(*, known: bool = True) -> list[Fault]:
    """Return every fault of the table, or every change that is in no row of it."""
    return [fault for fault in FAULTS if (fault.cause == "unknown") is not known]


def cause_incident(
    faults: Sequence[Fault], *, stock: Stock, n: int, rng: Rng, chain: Chain | None = None
) -> Incident:
    """Return the window of `n` images after these faults, at strengths drawn from `rng`."""
    chain = chain or Chain()
    strengths = []
    for fault in faults:
        strengths.append(float(rng.uniform(fault.low, fault.high)))
        chain = fault.bring(chain, strengths[-1], rng)
    shots: list[Shot] = []
    decks = _lay_decks(stock, rng)
    for _ in range(n):
        if shots and rng.random() < chain.repeat_share:
            shots.append(replace(shots[-1]))
            continue
        shots.append(_shoot(decks, chain, rng))
    part = stock.own[int(np.flatnonzero([not piece.defect for piece in stock.own])[0])]
    golden = [photograph(_grain(part.image, rng), chain=chain, rng=rng) for _ in range(N_GOLDEN)]
    return Incident(
        causes=tuple(dict.fromkeys(fault.cause for fault in faults)),
        kinds=tuple(fault.kind for fault in faults),
        strengths=tuple(strengths),
        shots=shots,
        golden=golden,
        chain=chain,
    )


class _Deck:
    """Pieces in random order, none twice before all had their turn."""

    def __init__(self, pieces: Sequence[Piece], rng: Rng) -> None:
        self._pieces, self._rng = pieces, rng
        self._left: list[int] = []

    def __bool__(self) -> bool:
        return len(self._pieces) > 0

    def draw(self) -> Piece:
        if not self._left:
            self._left = self._rng.permutation(len(self._pieces)).tolist()
        return self._pieces[self._left.pop()]


def _lay_decks(stock: Stock, rng: Rng) -> dict[str, _Deck]:
    sides = {
        "own": stock.own,
        "good": [piece for piece in stock.own if not piece.defect],
        "bad": [piece for piece in stock.own if piece.defect],
        "other": stock.other,
        "novel": stock.novel,
    }
    return {name: _Deck(pieces, rng) for name, pieces in sides.items()}


def _shoot(decks: dict[str, _Deck], chain: Chain, rng: Rng) -> Shot:
    drawn = rng.random()
    if drawn < chain.novel_share:
        novel = decks["novel"]
        piece = novel.draw() if novel else Piece(_scar(decks["good"].draw().image, rng), True)
    elif drawn < chain.novel_share + chain.other_share:
        piece = decks["other"].draw()
    elif chain.defect_share is not None:
        piece = decks["bad" if rng.random() < chain.defect_share else "good"].draw()
    else:
        piece = decks["own"].draw()
    truth = not piece.defect if chain.doubtful_fails and piece.doubtful else piece.defect
    first, second = (truth != (rng.random() < chain.slip) for _ in range(2))
    return Shot(photograph(piece.image, chain=chain, rng=rng), truth, first, second)


def _doubtful(stock: Stock) -> list[Piece]:
    return [piece for piece in stock.own if piece.doubtful]


def _grain(image: Pixels, rng: Rng) -> Pixels:
    noisy = image + rng.normal(0, 0.5, image.shape[:2])[..., None]
    return np.clip(np.rint(noisy), 0, 255).astype(np.uint8)


def _scar(image: Pixels, rng: Rng) -> Pixels:
    """Return the piece with a bright burr and its shadow: a defect that none of the stations has."""
    height, width = image.shape[:2]
    centre = rng.uniform(0.25, 0.75, 2) * (width, height)
    steps = np.cumsum(rng.normal(0, 0.05, (6, 2)) * (width, height), axis=0) + centre
    line = steps.astype(np.int32).reshape(-1, 1, 2)
    thickness = max(3, width // 40)
    scarred = image.copy()
    cv2.polylines(scarred, [line + thickness], False, (15, 15, 15), thickness, cv2.LINE_AA)
    cv2.polylines(scarred, [line], False, (235, 235, 235), thickness, cv2.LINE_AA)
    return scarred


def _add(chain: Chain, optic: Optic) -> Chain:
    return replace(chain, optics=(*chain.optics, optic))


def _levels(image: Pixels, curve: Callable[[NDArray[np.float64]], NDArray[np.float64]], rng: Rng) -> Pixels:
    light = np.clip(image + rng.random(image.shape[:2])[..., None] - 0.5, 0, 255) / 255
    return np.clip(np.rint(255 * curve(light)), 0, 255).astype(np.uint8)


def _plane(image: Pixels) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    height, width = image.shape[:2]
    x, y = np.meshgrid(np.linspace(-1, 1, width), np.linspace(-1, 1, height))
    return x, y


def _defocus(chain: Chain, radius: float, rng: Rng) -> Chain:
    size = 2 * int(np.ceil(radius)) + 1
    y, x = np.mgrid[:size, :size] - size // 2
    disk = np.clip(radius + 0.5 - np.hypot(x, y), 0, 1)
    kernel = disk / disk.sum()
    return _add(chain, lambda image, rng: np.asarray(cv2.filter2D(image, -1, kernel), dtype=np.uint8))


def _speck(chain: Chain, radius: float, rng: Rng) -> Chain:
    place = rng.uniform(-0.7, 0.7, 2)

    def optic(image: Pixels, rng: Rng) -> Pixels:
        x, y = _plane(image)
        inside = np.exp(-((((x - place[0]) ** 2 + (y - place[1]) ** 2) / radius**2) ** 2))
        return _levels(image, lambda light: light * (1 - 0.65 * inside)[..., None], rng)

    return _add(chain, optic)


def _lamp(chain: Chain, factor: float, rng: Rng) -> Chain:
    slope = rng.uniform(-0.05, 0.05)

    def optic(image: Pixels, rng: Rng) -> Pixels:
        x, _ = _plane(image)
        return _levels(image, lambda light: light * (factor * (1 + slope * x))[..., None], rng)

    return _add(chain, optic)


def _dim_side(chain: Chain, depth: float, rng: Rng) -> Chain:
    angle = rng.uniform(0, 2 * np.pi)

    def optic(image: Pixels, rng: Rng) -> Pixels:
        x, y = _plane(image)
        share = 1 - depth * np.clip(0.5 + 0.5 * (x * np.cos(angle) + y * np.sin(angle)), 0, 1)
        return _levels(image, lambda light: light * share[..., None], rng)

    return _add(chain, optic)


def _curve(chain: Chain, power: float, rng: Rng) -> Chain:
    return _add(chain, lambda image, rng: _levels(image, lambda light: light**power, rng))


def _sensor_gain(chain: Chain, sigma: float, rng: Rng) -> Chain:
    def optic(image: Pixels, rng: Rng) -> Pixels:
        spread = sigma * np.sqrt(0.3 + image[..., :1] / 255)
        grain = rng.normal(0, 1, image.shape[:2])[..., None] * spread
        return np.clip(np.rint(image + grain), 0, 255).astype(np.uint8)

    return _add(chain, optic)


def _knock(chain: Chain, *, right: float, down: float, degrees: float) -> Chain:
    def optic(image: Pixels, rng: Rng) -> Pixels:
        height, width = image.shape[:2]
        matrix = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1.0)
        matrix[:, 2] += (right * width, down * height)
        moved = cv2.warpAffine(
            image, matrix, (width, height), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
        )
        return np.asarray(moved, dtype=np.uint8)

    return _add(chain, optic)


def _knock_aside(chain: Chain, share: float, rng: Rng) -> Chain:
    angle = rng.uniform(0, 2 * np.pi)
    return _knock(chain, right=share * np.cos(angle), down=share * np.sin(angle), degrees=0)


def _knock_round(chain: Chain, degrees: float, rng: Rng) -> Chain:
    right, down = rng.uniform(-0.01, 0.01, 2)
    return _knock(chain, right=right, down=down, degrees=float(rng.choice([-1, 1])) * degrees)


def _pack_again(chain: Chain, quality: float, rng: Rng) -> Chain:
    def optic(image: Pixels, rng: Rng) -> Pixels:
        buffer = BytesIO()
        Image.fromarray(image).save(buffer, "JPEG", quality=int(quality))
        return np.array(Image.open(buffer).convert("RGB"))

    return _add(chain, optic)


def _shrink_and_enlarge(chain: Chain, factor: float, rng: Rng) -> Chain:
    def optic(image: Pixels, rng: Rng) -> Pixels:
        height, width = image.shape[:2]
        small = Image.fromarray(image).resize(
            (round(width * factor), round(height * factor)), Image.Resampling.BILINEAR
        )
        return np.array(small.resize((width, height), Image.Resampling.BICUBIC))

    return _add(chain, optic)


def _other_decoder(chain: Chain, power: float, rng: Rng) -> Chain:
    table = np.rint(255 * (np.arange(256) / 255) ** power).astype(np.uint8)
    before = chain.decode
    return replace(chain, decode=lambda data: table[before(data)])


def _other_preparation(chain: Chain, factor: float, rng: Rng) -> Chain:
    """Return the chain with a release that crops and rescales what the model gets, and nothing else."""

    def prepare(image: Pixels) -> Pixels:
        height, width = image.shape[:2]
        rows, columns = int(height * (1 - factor) / 2), int(width * (1 - factor) / 2)
        inner = image[rows : height - rows, columns : width - columns]
        return np.asarray(cv2.resize(inner, (width, height), interpolation=cv2.INTER_NEAREST), dtype=np.uint8)

    return replace(chain, prepare=prepare)


def _release(chain: Chain, factor: float, rng: Rng) -> Chain:
    return replace(_other_preparation(chain, factor, rng), sites=int(rng.integers(3, 12)), release=True)


def _release_normalisation(chain: Chain, gain: float, rng: Rng) -> Chain:
    def prepare(image: Pixels) -> Pixels:
        return np.asarray(np.clip(np.rint(image * np.float32(gain)), 0, 255), dtype=np.uint8)

    return replace(chain, prepare=prepare, sites=int(rng.integers(3, 12)), release=True)


def _lose_signal(chain: Chain, share: float, rng: Rng) -> Chain:
    level = int(rng.choice([0, 255]))

    def optic(image: Pixels, rng: Rng) -> Pixels:
        return np.full_like(image, level) if rng.random() < share else image

    return _add(chain, optic)


def _lose_rows(chain: Chain, share: float, rng: Rng) -> Chain:
    def optic(image: Pixels, rng: Rng) -> Pixels:
        cut = image.copy()
        cut[int(len(cut) * (1 - share)) :] = 128
        return cut

    return _add(chain, optic)


def _stripes(chain: Chain, depth: float, rng: Rng) -> Chain:
    period = rng.uniform(5, 14)

    def optic(image: Pixels, rng: Rng) -> Pixels:
        wave = depth * np.sin(2 * np.pi * (np.arange(len(image)) / period + rng.random()))
        return np.clip(np.rint(image + wave[:, None, None]), 0, 255).astype(np.uint8)

    return _add(chain, optic)


def _ghost(chain: Chain, share: float, rng: Rng) -> Chain:
    across, down = rng.integers(12, 40, 2)

    def optic(image: Pixels, rng: Rng) -> Pixels:
        echo = np.roll(image, (int(down), int(across)), (0, 1))
        return np.rint(image * (1 - share) + echo * share).astype(np.uint8)

    return _add(chain, optic)


def _half_turn(chain: Chain, unused: float, rng: Rng) -> Chain:
    return _add(chain, lambda image, rng: np.ascontiguousarray(image[::-1, ::-1]))


def _negative(chain: Chain, unused: float, rng: Rng) -> Chain:
    return _add(chain, lambda image, rng: np.asarray(255 - image, dtype=np.uint8))


def _cable(chain: Chain, share: float, rng: Rng) -> Chain:
    at, grey = rng.uniform(0.2, 0.7), rng.integers(10, 240)

    def optic(image: Pixels, rng: Rng) -> Pixels:
        covered = image.copy()
        left = int(at * image.shape[1])
        covered[:, left : left + int(share * image.shape[1])] = grey
        return _grain(covered, rng)

    return _add(chain, optic)


def _hot_pixels(chain: Chain, share: float, rng: Rng) -> Chain:
    seed = int(rng.integers(1 << 30))

    def optic(image: Pixels, rng: Rng) -> Pixels:
        hot = np.random.default_rng(seed).random(image.shape[:2]) < share
        return np.where(hot[..., None], np.uint8(255), image)

    return _add(chain, optic)


FAULTS: tuple[Fault, ...] = (
    Fault("upstream", "format", 85, 97, lambda c, at, rng: replace(c, container="JPEG", quality=int(at))),
    Fault("upstream", "size", 0.5, 0.85, lambda c, at, rng: replace(c, scale=at)),
    Fault("upstream", "decoder", 1.15, 1.5, _other_decoder),
    Fault("upstream", "preparation", 0.75, 0.9, _other_preparation),
    Fault("focus", "defocus", 1.2, 3.5, _defocus),
    Fault("focus", "speck", 0.1, 0.25, _speck),
    Fault("light", "brighter", 1.1, 1.35, _lamp),
    Fault("light", "darker", 0.65, 0.9, _lamp),
    Fault("light", "one side", 0.15, 0.45, _dim_side),
    Fault("light", "curve", 1.12, 1.5, _curve),
    Fault("light", "gain", 2.5, 9.0, _sensor_gain),
    Fault("mount", "aside", 0.02, 0.08, _knock_aside),
    Fault("mount", "turned", 1.5, 6.0, _knock_round),
    Fault("recompression", "jpeg", 40, 88, _pack_again),
    Fault("recompression", "resize", 0.5, 0.85, _shrink_and_enlarge),
    Fault("new_product", "all", 0.95, 1.0, lambda c, at, rng: replace(c, other_share=at)),
    Fault("new_product", "some", 0.35, 0.7, lambda c, at, rng: replace(c, other_share=at)),
    Fault("prevalence", "more defects", 0.5, 0.75, lambda c, at, rng: replace(c, defect_share=at)),
    Fault("definition", "moved", 1, 1, lambda c, at, rng: replace(c, doubtful_fails=True)),
    Fault("annotators", "slips", 0.2, 0.35, lambda c, at, rng: replace(c, slip=at)),
    Fault("new_defect", "burr", 0.12, 0.3, lambda c, at, rng: replace(c, novel_share=at)),
    Fault("sensor_fault", "frozen", 0.3, 0.98, lambda c, at, rng: replace(c, repeat_share=at)),
    Fault("sensor_fault", "no signal", 0.1, 1.0, _lose_signal),
    Fault("sensor_fault", "lost rows", 0.25, 0.6, _lose_rows),
    Fault("release", "preparation", 0.75, 0.9, _release),
    Fault("release", "normalisation", 0.6, 0.8, _release_normalisation),
    Fault("unknown", "stripes", 5, 20, _stripes),
    Fault("unknown", "ghost", 0.2, 0.4, _ghost),
    Fault("unknown", "half turn", 1, 1, _half_turn),
    Fault("unknown", "negative", 1, 1, _negative),
    Fault("unknown", "cable", 0.08, 0.2, _cable),
    Fault("unknown", "hot pixels", 0.002, 0.01, _hot_pixels),
)
"""Every way in which a cause comes about, and the changes that the table has no row for."""

MIXED = (
    *(("focus", "prevalence"), ("light", "annotators"), ("upstream", "prevalence"), ("mount", "definition")),
    *(("recompression", "light"), ("focus", "light"), ("upstream", "annotators"), ("light", "new_defect")),
)
"""Pairs of causes that are brought about at once."""
