"""Hub: the rooms that keep the loop's state and answer over HTTP."""
