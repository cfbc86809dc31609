"""Seen before? A replay cache alone, in fixed memory, for the threads of one process.

Of all copies of one message exactly one is first, until the message expires. Only what is verified may enter: else strangers fill the cache.

>>> cache = ReplayCache(slots=1024, since=0)
>>> at = Now(1_796_000_100, 0)
>>> cache.first_seen("client 7", "e1j3V_bKic8", issued=1_796_000_098, until=1_796_000_398, now=at)
>>> cache.first_seen("client 7", "e1j3V_bKic8", issued=1_796_000_098, until=1_796_000_398, now=at)
Traceback (most recent call last):
    ...
caltrop.NotFirst: seen before
"""

from ._caltrop import NotFirst, Now, ReplayCache

__all__ = ["NotFirst", "Now", "ReplayCache"]
