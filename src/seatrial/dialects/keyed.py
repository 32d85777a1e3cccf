"""HMAC with a key that is used again and again: what every venue's signatures are made of."""

import hmac
from collections.abc import Callable
from functools import lru_cache


@lru_cache(maxsize=1024)
def keyed(key: bytes, algorithm: str) -> Callable[[bytes], bytes]:
    """The HMAC of a message, by this key and the named hash. Preparing the key is the greater part of a short one."""
    ready = hmac.new(key, digestmod=algorithm)

    def digest(message: bytes) -> bytes:
        mac = ready.copy()
        mac.update(message)
        return mac.digest()

    return digest
