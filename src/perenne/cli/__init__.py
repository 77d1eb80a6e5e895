"""Command line: every verb of the loop in a terminal, one file a room.

Owns the words typed and the text shown. Refuses logic: a command asks the SDK, and the SDK asks the hub.
"""

from perenne.cli.main import main

__all__ = ["main"]
