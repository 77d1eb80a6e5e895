"""Waiting for work of the hub: ask again, a little more slowly each time, and tell how far it is.

Owns the rhythm. Refuses to wait for ever unless asked to.
"""

import time
from collections.abc import Callable
from typing import TypeVar

from perenne.client.errors import WaitedTooLong

T = TypeVar("T")


def wait_until(
    ask: Callable[[], T],
    *,
    done: Callable[[T], bool],
    what: str,
    progress: Callable[[T], None] | None = None,
    timeout_s: float | None = None,
    first_pause_s: float = 0.2,
    longest_pause_s: float = 2.0,
    pause: Callable[[float], None] = time.sleep,
    now: Callable[[], float] = time.monotonic,
) -> T:
    """Return the first answer of `ask` that is `done`. Raises: WaitedTooLong after `timeout_s`."""
    started = now()
    wait_s = first_pause_s
    while True:
        answer = ask()
        if progress:
            progress(answer)
        if done(answer):
            return answer
        if timeout_s is not None and now() - started > timeout_s:
            raise WaitedTooLong(
                f"{what} was not finished after {timeout_s:.0f} s.", remedy="It goes on; ask again later."
            )
        pause(wait_s)
        wait_s = min(longest_pause_s, wait_s * 1.3)
