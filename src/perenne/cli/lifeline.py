"""A command that ends when the process which started it ends: `python -m perenne.cli.lifeline COMMAND …`.

Owns the watch over standard input, which the supervisor holds open for as long as it lives, and who goes
first where processors are scarce: a line that waits for its verdict. Works for any command and on any system,
also when the supervisor was killed without a chance to say so.
"""

import contextlib
import os
import signal
import sys
import threading
from pathlib import Path

GRACE_S = 10.0
POLITENESS = {"worker": 5, "trainer": 10}
"""How far a command stands back behind the hub: Unix niceness."""
AUTOGROUP = Path("/proc/self/autogroup")


def end_with_parent() -> None:
    """This process is asked to end when standard input ends, and ended if it does not."""
    threading.Thread(target=_watch, args=(sys.stdin.fileno(),), name="lifeline", daemon=True).start()


def stand_back(command: str) -> None:
    """This process leaves processors to the hub when both want them, where the system knows how."""
    niceness = POLITENESS.get(command, 0)
    if niceness and hasattr(os, "nice"):
        os.nice(niceness)
        with contextlib.suppress(OSError):  # Linux may weigh sessions, not processes
            AUTOGROUP.write_text(str(niceness))


def _watch(descriptor: int) -> None:
    while os.read(descriptor, 64):
        pass
    os.kill(os.getpid(), signal.SIGTERM)
    threading.Event().wait(GRACE_S)
    os._exit(1)


if __name__ == "__main__":
    end_with_parent()
    stand_back(sys.argv[1] if len(sys.argv) > 1 else "")
    from perenne.cli.main import main

    sys.exit(main())
