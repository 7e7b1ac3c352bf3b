"""Who has signed in, and who tries too often.

A ticket is an end, a number drawn at random, and both signed (HMAC-SHA256) with a secret that lives as long as the
server: a restart signs everybody out. What is kept in memory is bounded, whoever knocks.
"""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import secrets
import time
from collections import OrderedDict, deque
from collections.abc import Callable

LASTS_S = 12 * 3600
_FREE, _LONGEST_S, _FORGET_S = 5, 60.0, 900.0
_CLIENTS, _ENDED = 1024, 10_000
_ALL, _WITHIN_S = 100, 60.0


class Tickets:
    """Gives tickets and knows them again.

    Args:
        lasts_s: seconds that one is good for.
        clock: the time in seconds since 1970.
    """

    def __init__(self, lasts_s: int = LASTS_S, clock: Callable[[], float] = time.time) -> None:
        self.lasts_s, self._clock, self._secret = lasts_s, clock, secrets.token_bytes(32)
        self._ended: OrderedDict[str, None] = OrderedDict()

    def new(self) -> str:
        """A fresh one."""
        said = f"{int(self._clock()) + self.lasts_s}.{secrets.token_hex(16)}"
        return f"{said}.{self._sign(said)}"

    def good(self, ticket: str) -> bool:
        """Whether we gave it, and it has neither run out nor been given back."""
        said, _, signature = ticket.rpartition(".")
        if not hmac.compare_digest(signature.encode(), self._sign(said).encode()):
            return False
        return int(said.partition(".")[0]) > self._clock() and said not in self._ended

    def end(self, ticket: str) -> None:
        """Takes one back."""
        if self.good(ticket):
            self._ended[ticket.rpartition(".")[0]] = None
            while len(self._ended) > _ENDED:
                self._ended.popitem(last=False)

    def _sign(self, said: str) -> str:
        return hmac.new(self._secret, said.encode(errors="replace"), hashlib.sha256).hexdigest()


class Attempts:
    """Counts failures by where they come from; after five each next one waits longer, up to a minute.

    All places together have a bound too, so that many addresses gain nothing; it does not hold for a place from which
    somebody has signed in, so that nobody can shut the door for those who use it.

    Args:
        clock: seconds that only go forward.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._failed: OrderedDict[str, tuple[int, float]] = OrderedDict()
        self._all: deque[float] = deque(maxlen=_ALL)
        self._came_in: OrderedDict[str, None] = OrderedDict()

    def __len__(self) -> int:
        return len(self._failed)

    def wait_s(self, client: str) -> float:
        """Seconds until the next attempt is heard; 0 for now."""
        now = self._clock()
        times, last = self._failed.get(_place(client), (0, now))
        waits = [0.0]
        if times >= _FREE and now - last < _FORGET_S:
            waits.append(last + min(_LONGEST_S, 2.0 ** (times - _FREE + 1)) - now)
        if len(self._all) == _ALL and _place(client) not in self._came_in:
            waits.append(self._all[0] + _WITHIN_S - now)
        return max(waits)

    def count(self, client: str) -> None:
        """An attempt; counted before it is looked at, so that many at once gain nothing."""
        now, place = self._clock(), _place(client)
        times, last = self._failed.pop(place, (0, now))
        self._failed[place] = (times + 1 if now - last < _FORGET_S else 1, now)
        self._all.append(now)
        while len(self._failed) > _CLIENTS:
            self._failed.popitem(last=False)

    def succeeded(self, client: str) -> None:
        """The last attempt was right; it counts no longer."""
        place = _place(client)
        self._failed.pop(place, None)
        if self._all:
            self._all.pop()
        self._came_in[place] = None
        while len(self._came_in) > _CLIENTS:
            self._came_in.popitem(last=False)


def _place(client: str) -> str:
    """An address; of IPv6 its network, for one person has many of those."""
    try:
        address = ipaddress.ip_address(client)
    except ValueError:
        return client
    return str(ipaddress.ip_network((address, 64), strict=False)) if address.version == 6 else client
