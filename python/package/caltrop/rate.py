"""Rate limits, and how many at once, alone, in fixed memory, for the threads of one process.

A flood of new clients never resets a limited one. For all processes of a host, give the quota to a policy and load a `Guard`.

>>> limiter = Limiter("100/minute", burst=2, slots=1024)
>>> [bool(limiter.take(b"client")) for _ in range(3)]
[True, True, False]
>>> limiter.peek(b"client").retry_after
1

A lease is one of a client's places, until it is released or its time is over.

>>> exports = Leases(2, longest=60, slots=1024)
>>> with exports.acquire("alice"), exports.acquire("alice"):
...     exports.held("alice")
...     exports.acquire("alice")
Traceback (most recent call last):
    ...
caltrop.LeaseRefused: as many at once as the quota allows
>>> exports.held("alice")
0

Many at once, as names of one width side by side; the answer is a byte for each:

>>> list(limiter.take_many(b"adamadamadameve.", 4))
[1, 1, 0, 1]
"""

from ._caltrop import Lapsed, Lease, LeaseRefused, Leases, Limiter, Taken

__all__ = ["Lapsed", "Lease", "LeaseRefused", "Leases", "Limiter", "Taken"]
