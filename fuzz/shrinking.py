"""The smallest request that still does it."""

import re
from collections.abc import Awaitable, Callable
from typing import Final

from fuzz.requests import Request, changed

MAX_ATTEMPTS: Final = 400

Again = Callable[[Request], Awaitable[bool]]

_TOKEN: Final = re.compile(rb"[A-Za-z_]+|[0-9]{1,4}|.", re.DOTALL)


async def shrunk(request: Request, again: Again) -> Request:
    """Leave out of body and query whatever can be left out. `again` says whether a request does it too."""
    attempts = _Attempts(again)
    if not await attempts.does_it(request):
        return request
    for name in ("query", "body"):
        request = await _without(request, name, attempts)
    return request


async def _without(request: Request, name: str, attempts: "_Attempts") -> Request:
    tokens: list[bytes] = _TOKEN.findall(getattr(request, name))
    length = len(tokens)
    while length:
        start = 0
        while start + length <= len(tokens):
            fewer = tokens[:start] + tokens[start + length :]
            if await attempts.does_it(changed(request, **{name: b"".join(fewer)})):
                tokens = fewer
            else:
                start += max(1, length // 2)
        length = length * 2 // 3
    return changed(request, **{name: b"".join(tokens)})


class _Attempts:
    """So many and no more."""

    def __init__(self, again: Again) -> None:
        self._again = again
        self._left = MAX_ATTEMPTS

    async def does_it(self, request: Request) -> bool:
        self._left -= 1
        return self._left >= 0 and await self._again(request)
