"""The second material of perenne-bench: DeepPCB, 1,000 scans of printed circuit boards in seven groups.

Owns how streams of boards are drawn: without a change, with three changes of acquisition, and with boards of
other groups than the reference had (a new product, real). No model is trained on them, so that records have
no prediction. Refuses to stand in for ELPV: its figures are told apart. Images are scans in black and white:
what blurs or recompresses them shows at once.
"""

from pathlib import Path
from typing import Any

import numpy as np
from material import load_boards, load_table, read_boards
from shifts import change_image
from streams import N_CLEAN, Images, Pool, Rows, Stream, bare_records, take

from perenne.quality.decoding import decode_upright

N_REFERENCE, N_POOL = 400, 300
SPLIT_SEED = 12
SHIFTS = [("jpeg", 80.0), ("blur", 1.0), ("noise", 4.0), ("board", 1.0)]
ABSENT = "DeepPCB is not in ../shared/data/deeppcb"


class BoardDraw:
    """Draws streams of boards, as `streams.Draw` does of cells."""

    def __init__(self, data: Path, cache: Path) -> None:
        """Read the boards. Raises: FileNotFoundError where they are absent."""
        self.paths, groups = read_boards(data)
        if not self.paths:
            raise FileNotFoundError(ABSENT)
        self.cache = cache
        self.groups = np.array(groups)
        table = load_boards(self.paths, cache)
        self.whole: Pool = (table, bare_records(table, name="board"))
        order = np.random.default_rng(SPLIT_SEED).permutation(len(self.paths))
        self.pool, self.rest = np.sort(order[:N_POOL]), np.sort(order[N_POOL:])
        self._variants: dict[str, Pool] = {}

    def null(self, seed: int) -> Stream:
        """Return a stream without a change: boards of all groups in random order."""
        rows = np.random.default_rng([seed, 21]).permutation(len(self.paths))
        following = rows[N_REFERENCE:]
        return Stream("null", seed, self._take(rows[:N_REFERENCE]), self._take(following), len(following))

    def shifted(self, shift: str, at: float, seed: int) -> Stream:
        """Return a stream with one of SHIFTS."""
        name = f"{shift}_{at:g}"
        rng = np.random.default_rng([seed, 22])
        if shift == "board":
            return self._other_boards(rng, seed=seed)
        before = rng.permutation(self.rest)[: N_REFERENCE + N_CLEAN]
        after = rng.permutation(len(self.pool))
        part = np.r_[np.zeros(N_CLEAN, np.intp), np.ones(len(after), np.intp)]
        following = Images((self.whole, self._variant(name)), part, np.r_[before[N_REFERENCE:], after])
        return Stream(name, seed, self._take(before[:N_REFERENCE]), following, N_CLEAN)

    def _other_boards(self, rng: np.random.Generator, *, seed: int) -> Stream:
        """Return a stream of some groups, drawn until they are enough, and then of the others."""
        at_home: list[int] = []
        for group in rng.permutation(np.unique(self.groups)):
            if len(at_home) >= N_REFERENCE + N_CLEAN:
                break
            at_home += np.flatnonzero(self.groups == group).tolist()
        before = rng.permutation(at_home)[: N_REFERENCE + N_CLEAN]
        after = rng.permutation(np.setdiff1d(np.arange(len(self.paths)), at_home))
        following = self._take(np.r_[before[N_REFERENCE:], after])
        return Stream("board_1", seed, self._take(before[:N_REFERENCE]), following, N_CLEAN)

    def _take(self, rows: Rows) -> Images:
        return take(self.whole, rows)

    def _variant(self, name: str) -> Pool:
        if name not in self._variants:
            made = lambda: (  # noqa: E731
                change_image(decode_upright(self.paths[row].read_bytes()), variant=name, seed=int(row))
                for row in self.pool
            )
            table = load_table(f"deeppcb_{name}", made, self.cache)
            self._variants[name] = (table, bare_records(table, name=name))
        return self._variants[name]


def draw_boards(data: Path, cache: Path) -> tuple[BoardDraw | None, dict[str, Any]]:
    """Return the streams of boards and nothing to say, or none and why they are skipped."""
    try:
        return BoardDraw(data, cache), {}
    except FileNotFoundError as missing:
        return None, {"skipped": str(missing)}
