"""What fits is read once, what does not is read again."""

import numpy as np

from perenne.recipes.lite.picture_cache import Picture, PictureCache


def test_pictures_are_kept_up_to_the_limit() -> None:
    reads: list[int] = []

    def read(index: int) -> Picture:
        reads.append(index)
        return np.full((1000, 600, 1), index, np.uint8)

    cache = PictureCache(read, cache_mb=1)
    seen = [int(cache.picture(index)[0, 0, 0]) for index in (0, 1, 0, 1, 0)]
    assert seen == [0, 1, 0, 1, 0]
    assert reads == [0, 1, 1]
