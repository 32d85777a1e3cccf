"""The wall clock, for the nonces of calls: the one time that belongs to the caller and not to a world."""

import time


def now_ns() -> int:
    """Nanoseconds since 1970."""
    return time.time_ns()  # noqa: TID251 - a nonce is drawn on the caller's side, outside every world
