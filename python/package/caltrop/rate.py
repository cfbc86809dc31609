"""Rate limits alone, in fixed memory, for the threads of one process.

A flood of new clients never resets a limited one. For all processes of a host, give the quota to a policy and load a `Guard`.

>>> limiter = Limiter("100/minute", burst=2, slots=1024)
>>> [bool(limiter.take(b"client")) for _ in range(3)]
[True, True, False]
>>> limiter.peek(b"client").retry_after
1

Many at once, as names of one width side by side; the answer is a byte for each:

>>> list(limiter.take_many(b"adamadamadameve.", 4))
[1, 1, 0, 1]
"""

from ._caltrop import Limiter, Taken

__all__ = ["Limiter", "Taken"]
