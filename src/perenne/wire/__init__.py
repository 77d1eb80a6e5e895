"""Wire: the messages between hub, edge, trainer and SDK, one file a room.

Owns their shapes (pydantic). Refuses behaviour: a message knows nothing of databases or models.
"""
