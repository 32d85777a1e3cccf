"""Parts of frames, which are compact JSON: moments, texts, replies.

Source: kraken-websocket#values and kraken-websocket#requests.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Final

import msgspec

SECOND_NS: Final = 10**9

encode: Final = msgspec.json.Encoder().encode


@lru_cache(maxsize=256)
def _second(at_s: int) -> str:
    return datetime.fromtimestamp(at_s, UTC).strftime("%Y-%m-%dT%H:%M:%S")


def micros(at_ns: int) -> str:
    """A moment to the microsecond."""
    return f"{_second(at_ns // SECOND_NS)}.{at_ns % SECOND_NS // 1000:06}Z"


def nanos(at_ns: int) -> str:
    """A moment to the nanosecond."""
    return f"{_second(at_ns // SECOND_NS)}.{at_ns % SECOND_NS:09}Z"


def whole_seconds(at_ns: int) -> str:
    """A moment to the second."""
    return f"{_second(at_ns // SECOND_NS)}Z"


def text(value: str) -> str:
    """A text as JSON."""
    return encode(value).decode()


def data_frame(channel: str, kind: str, rows: str, more: str = "") -> bytes:
    """What a channel tells."""
    return f'{{"channel":"{channel}","type":"{kind}",{more}"data":[{rows}]}}'.encode()


def success(method: str, result: object, req_id: int | None, at_ns: int, canceled: int | None = None) -> bytes:
    """The reply to a request that was granted. Keys in alphabetical order, as recorded.

    `canceled` is said beside the result, too, of a batch: so it was recorded in 2024.
    Decided: both times are the world's, which does not move while a request is answered.
    """
    said = {"method": method, "orders_cancelled": canceled, "req_id": req_id, "result": result, "success": True}
    return _reply(said, at_ns)


def failure(
    error: str, method: str | None, req_id: int | None, at_ns: int, symbol: str | None = None,
    more: Mapping[str, str] | None = None,
) -> bytes:  # fmt: skip
    """The reply to a request that was refused."""
    fields = {"error": error, "method": method, "req_id": req_id, "success": False, "symbol": symbol, **(more or {})}
    return _reply(dict(sorted(fields.items())), at_ns)


def pong(req_id: int | None, at_ns: int) -> bytes:
    """The reply to a ping."""
    return _reply({"method": "pong", "req_id": req_id}, at_ns)


def _reply(fields: Mapping[str, Any], at_ns: int) -> bytes:
    at = micros(at_ns)
    said = {name: value for name, value in fields.items() if value is not None}
    return encode(said | {"time_in": at, "time_out": at})
