"""Room `rate` alone: each client has a request a second, three at once, and is told how long to wait."""

import caltrop

limiter = caltrop.rate.Limiter("60/minute", burst=3, slots=8_192)  # in 73,792 bytes, whoever comes


def request(client: str, second: int) -> None:
    """In earnest without `now`: then it is the clock's."""
    taken = limiter.take(client, now=caltrop.Now(wall_s=0, mono_ns=second * 10**9))
    if taken:
        print(f"{second}s {client}: 200, {taken.remaining} left")
    else:
        print(f"{second}s {client}: 429, Retry-After: {taken.retry_after}")


for _ in range(4):
    request("203.0.113.9", second=1)
request("198.51.100.7", second=1)
request("203.0.113.9", second=2)
print(limiter.peek("203.0.113.9", now=caltrop.Now(0, 2 * 10**9)).fields)  # for the response, as ASGI has them
