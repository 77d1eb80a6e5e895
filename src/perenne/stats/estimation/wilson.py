"""The Wilson score interval of a proportion: honest with few cases, where the normal one is not.

Assumes independent cases. Refuses no sample size but zero, about which nothing is known.
"""

import math

Z_95 = 1.959963984540054


def wilson_interval(hits: int, n: int, *, z: float = Z_95) -> tuple[float, float]:
    """Return (low, high) of the proportion hits / n; (0, 1) when n is 0.

    Source: E. B. Wilson, "Probable inference, the law of succession, and statistical inference", 1927.

    >>> low, high = wilson_interval(8, 10)
    >>> round(low, 4), round(high, 4)
    (0.4902, 0.9433)
    """
    if n == 0:
        return 0.0, 1.0
    share, square = hits / n, z * z
    middle = (share + square / (2 * n)) / (1 + square / n)
    half = z / (1 + square / n) * math.sqrt(share * (1 - share) / n + square / (4 * n * n))
    return max(0.0, middle - half), min(1.0, middle + half)
