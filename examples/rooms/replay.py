"""Room `replay` alone: whatever is sent twice is handled once.

Each delivery was verified before (room `signed`): strangers may not fill the cache.
"""

import caltrop

START, TOLERATED = 1_796_000_000, 300
cache = caltrop.replay.ReplayCache(slots=4_096, since=START + 30)  # a sender's clock may be 30 s ahead: in earnest without `since`
ANSWERS = {
    "replayed": "200, handled before",  # or the sender would try again
    "expired": "400, too old",
    "forgotten": "400, too old",
    "full": "503, try again",
    "contended": "503, try again",
    "clock": "503, try again",
}


def delivered(sender: str, event: str, issued: int, second: int) -> None:
    """In earnest without `now`: then it is the clock's."""
    try:
        cache.first_seen(sender, event, issued=issued, until=issued + TOLERATED, now=caltrop.Now(wall_s=second, mono_ns=0))
    except caltrop.NotFirst as why:
        answer = ANSWERS.get(why.reason, "500, not handled")  # what cannot be told to be the first is not handled
    else:
        answer = "200, handled"
    print(f"{sender} {event}: {answer}")


delivered("shop", "evt_1", START + 60, START + 61)
delivered("shop", "evt_1", START + 60, START + 90)  # sent again
delivered("bank", "evt_1", START + 60, START + 91)  # another sender's ids are its own
delivered("shop", "evt_0", START - 10, START + 92)  # the process before this one may have handled it
