"""Client: the Python SDK of the hub, and the only way the command line and the trainer talk to it.

Promises: typed messages out of every call, pushes that go on where they stopped, errors in the hub's own
words. Does not: decide anything, keep state, or import the hub's packages.
"""

from perenne.client.client import Client
from perenne.client.credentials import Credentials, data_directory, find_credentials
from perenne.client.errors import (
    AnswerNotUnderstood,
    CredentialsMissing,
    HubError,
    HubUnreachable,
    NothingToPush,
    WaitedTooLong,
)
from perenne.client.transport import Transport

__all__ = [
    "AnswerNotUnderstood",
    "Client",
    "Credentials",
    "CredentialsMissing",
    "HubError",
    "HubUnreachable",
    "NothingToPush",
    "Transport",
    "WaitedTooLong",
    "data_directory",
    "find_credentials",
]
