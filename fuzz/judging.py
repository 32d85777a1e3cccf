"""What an answer says, and what must hold whatever it says."""

from enum import StrEnum
from typing import Any, Final, NamedTuple

import msgspec
from msgspec import Struct

from fuzz.requests import Request
from fuzz.target import Sent
from seatrial.dialects.wire import Reply

FAILED: Final = 500
"""Statuses from here on say that the server is at fault."""


class Verdict(NamedTuple):
    """What an answer says."""

    accepted: bool
    words: str
    """`ok`, or the first words of the refusal with its HTTP status where that is not 200."""


class Fault(StrEnum):
    """What must not happen."""

    BROKE = "the server said that it is at fault"
    CHANGED = "a refused call changed the world"
    WROTE = "a call that only reads changed the world"
    MALFORMED = "the answer is none of the venue's"
    UNBALANCED = "the books do not balance"
    FORGOT = "what was stored is not what was live"


class Wrong(NamedTuple):
    """What is wrong with an answer, or with the world."""

    fault: Fault
    cause: str
    """Where or in what it shows: equal wherever one mistake is behind it, as far as can be seen from outside."""
    detail: str = ""


class Finding(Struct, frozen=True):
    """Something that must not happen, and the request that made it happen."""

    wrong: Wrong
    request: Request
    round: int
    number: int
    """Of the request within its round, from 1."""

    @property
    def same(self) -> tuple[str, ...]:
        """Equal for findings that have one cause."""
        return self.wrong.fault, self.wrong.cause, self.request.endpoint


def verdict(venue: str, reply: Reply) -> Verdict | None:
    """What the answer says; None when it is none of the venue's."""
    try:
        answer = msgspec.json.decode(reply.body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    if isinstance(answer, list):
        return _frames(answer)
    if not isinstance(answer, dict):
        return None
    found = _kraken(answer) if venue == "kraken" else _kucoin(answer)
    if found is None or reply.status == 200:
        return found
    return Verdict(accepted=False, words=f"{reply.status} {found.words}")


def fault(request: Request, sent: Sent, found: Verdict | None) -> Wrong | None:
    """What is wrong with one answer."""
    reply = sent.reply
    if found is None:
        return Wrong(Fault.MALFORMED, str(reply.status), repr(reply.body[:200]))
    if reply.status >= FAILED or b"EService:Unavailable" in reply.body or reply.body.startswith(b'{"code":"500000"'):
        return Wrong(Fault.BROKE, found.words)
    if sent.changed and not found.accepted:
        return Wrong(Fault.CHANGED, ", ".join(sorted(sent.changed)))
    if sent.changed and request.verb in {"GET", "HEAD"}:
        return Wrong(Fault.WROTE, ", ".join(sorted(sent.changed)))
    return None


def _kraken(answer: dict[str, Any]) -> Verdict | None:
    match answer:
        case {"error": [], "result": _}:
            return Verdict(accepted=True, words="ok")
        case {"error": ["EQuery:Unknown asset pair" | "EQuery:Unknown asset"], "result": {}}:
            return Verdict(accepted=True, words="ok in part")
        case {"error": [str(first), *_]} if "result" not in answer:
            return Verdict(accepted=False, words=":".join(first.split(":")[:2]))
    return None


def _frames(frames: list[Any]) -> Verdict | None:
    """Of all that was said over a socket, one answer that grants something counts before one that refuses."""
    if not all(isinstance(frame, dict) for frame in frames):
        return None
    answers = [frame for frame in frames if "channel" not in frame]
    if any(frame.get("success") or frame.get("method") == "pong" for frame in answers):
        return Verdict(accepted=True, words="ok")
    refused = [str(frame["error"]) for frame in answers if frame.get("success") is False and "error" in frame]
    return Verdict(accepted=False, words=" ".join(refused[0].split()[:4])) if refused else None


def _kucoin(answer: dict[str, Any]) -> Verdict | None:
    match answer:
        case {"code": "200000", "data": _}:
            return Verdict(accepted=True, words="ok")
        case {"code": str(code), "msg": str()} if code != "200000" and "data" not in answer:
            return Verdict(accepted=False, words=code)
    return None
