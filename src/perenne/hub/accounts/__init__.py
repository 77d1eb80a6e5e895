"""Accounts: who may do what, and what they may see.

Owns organisations, users, roles, tokens and the record of what was done.
Promises: deny by default; `visible_to(actor, Table)` is the single point of scoping; a foreign thing
and a missing thing give the same answer; a revoked token stops at once.
Does not know what the other rooms keep.
"""

from perenne.hub.accounts.errors import NotAllowed
from perenne.hub.accounts.queries import visible_to
from perenne.hub.accounts.rules import Actor, permissions_of, role_names, system_actor
from perenne.hub.accounts.service import authenticate, bootstrap, find_user, record_event

__all__ = [
    "Actor",
    "NotAllowed",
    "authenticate",
    "bootstrap",
    "find_user",
    "permissions_of",
    "record_event",
    "role_names",
    "system_actor",
    "visible_to",
]
