"""Wire: the messages that hub, client, trainer and edge exchange, one file a room.

Owns their shapes and limits. Refuses behaviour: no I/O, no database, no decision.
"""
