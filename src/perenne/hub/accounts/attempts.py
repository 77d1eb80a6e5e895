"""How often somebody may try to sign in: per account and address, and per address over all accounts.

Owns the counts of this process, bounded in number. Refuses to know whether an account exists: unknown ones
are counted alike. Each hub process counts for itself.
"""

import ipaddress
import threading
from collections import OrderedDict
from datetime import datetime, timedelta

from perenne.hub.accounts.errors import TooManyAttempts

WINDOW = timedelta(minutes=15)
MAX_PER_ACCOUNT = 10
MAX_PER_ADDRESS = 100
MAX_KEYS = 20_000


class SignInAttempts:
    """Failed and running attempts within the window; success forgets those of the account."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._times: OrderedDict[tuple[str, str], list[datetime]] = OrderedDict()

    def begin(self, *, email: str, address: str, now: datetime) -> None:
        """Count an attempt before the password is looked at. Raises: TooManyAttempts."""
        network = network_of(address)
        with self._lock:
            account = self._recent((email.strip().lower()[:255], network), now)
            from_address = self._recent(("", network), now)
            for times, limit in ((account, MAX_PER_ACCOUNT), (from_address, MAX_PER_ADDRESS)):
                if len(times) >= limit:
                    raise _refusal(wait=times[0] + WINDOW - now)
            account.append(now)
            from_address.append(now)

    def succeed(self, *, email: str, address: str) -> None:
        """Forget the attempts at this account from this address: they were its owner's."""
        network = network_of(address)
        with self._lock:
            mine = self._times.pop((email.strip().lower()[:255], network), [])
            from_address = self._times.get(("", network), [])
            del from_address[max(0, len(from_address) - len(mine)) :]

    def _recent(self, key: tuple[str, str], now: datetime) -> list[datetime]:
        times = [at for at in self._times.pop(key, []) if at > now - WINDOW]
        self._times[key] = times
        while len(self._times) > MAX_KEYS:
            self._times.popitem(last=False)
        return times


def network_of(address: str) -> str:
    """Return what counts as one address: an IPv4 address, or the /64 that one IPv6 customer holds."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address[:100]
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped is not None:
            return str(parsed.ipv4_mapped)
        return str(ipaddress.ip_network((parsed, 64), strict=False))
    return str(parsed)


def _refusal(*, wait: timedelta) -> TooManyAttempts:
    seconds = max(1, round(wait.total_seconds()))
    minutes = -(-seconds // 60)
    return TooManyAttempts(
        "There were too many attempts to sign in to this account or from this address.",
        remedy=f"Wait {minutes} min, then try again; an administrator can set a new password.",
        retry_after_s=seconds,
    )
