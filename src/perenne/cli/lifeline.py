"""A command that ends when the process which started it ends: `python -m perenne.cli.lifeline COMMAND …`.

Owns the watch over standard input, which the supervisor holds open for as long as it lives. Works for any
command and on any system, also when the supervisor was killed without a chance to say so.
"""

import os
import signal
import sys
import threading

GRACE_S = 10.0


def end_with_parent() -> None:
    """This process is asked to end when standard input ends, and ended if it does not."""
    threading.Thread(target=_watch, args=(sys.stdin.fileno(),), name="lifeline", daemon=True).start()


def _watch(descriptor: int) -> None:
    while os.read(descriptor, 64):
        pass
    os.kill(os.getpid(), signal.SIGTERM)
    threading.Event().wait(GRACE_S)
    os._exit(1)


if __name__ == "__main__":
    end_with_parent()
    from perenne.cli.main import main

    sys.exit(main())
