"""Who may come in: the checks of every private call, in one order.

headers → timestamp → key → passphrase → signature → address → permission → quota; the parameters come after.
Source: kucoin-rest#order-of-checks for the order; kucoin-rest#signature, kucoin-rest#passphrase, kucoin-rest#timestamp,
kucoin-rest#permissions and kucoin-rest#addresses-of-a-key for the checks. Decided: the key's version comes with its
timestamp.
"""

from typing import Final

from seatrial.core.account_state import AccountState
from seatrial.core.accounts import ApiKey
from seatrial.core.machine import Machine
from seatrial.dialects.callers import is_listed
from seatrial.dialects.kucoin import auth, errors
from seatrial.dialects.kucoin.context import Tools, good_moments
from seatrial.dialects.kucoin.endpoint import Argument, Endpoint
from seatrial.dialects.kucoin.errors import BadCall
from seatrial.dialects.kucoin.limits import Usage, quota_of, unlimited
from seatrial.dialects.kucoin.listings import VENUE
from seatrial.dialects.kucoin.params import MILLISECOND_NS, Params, parse_body, parse_query
from seatrial.dialects.masking import masked
from seatrial.dialects.wire import Call

JSON: Final = b"application/json"

MAX_LOGGED: Final = 2_000
"""Bytes of a path, a query or a body that the log shows."""

_WITH_BODY: Final = frozenset({"POST", "PUT"})


class Unsigned(BadCall):
    """A signature that does not match; `expected` says what should have been signed, without the secret."""

    def __init__(self, expected: str) -> None:
        super().__init__(errors.INVALID_SIGNATURE)
        self.expected = expected


class Mistimed(BadCall):
    """A timestamp that is not near enough to any time that counts; `note` says to which."""

    def __init__(self, note: str) -> None:
        super().__init__(errors.INVALID_TIMESTAMP)
        self.note = note


def admit(endpoint: Endpoint, machine: Machine, call: Call, at_ns: int, real_ns: int) -> tuple[ApiKey, AccountState]:
    """Let a call in, or raise `BadCall`."""
    public, signature, timestamp, passphrase = _credentials(call.headers)
    key = machine.state.keys.get(public.decode("latin-1"))
    account = None if key is None else machine.state.accounts[key.account_id]
    moments = good_moments(None if account is None else account.account, at_ns, real_ns)
    stamped_ns = auth.timestamp_ns(timestamp)
    if stamped_ns is None or not (not moments or any(auth.is_current(stamped_ns, moment) for moment in moments)):
        raise Mistimed(_why_mistimed(call, stamped_ns, at_ns, real_ns))
    version = call.headers.get(b"kc-api-key-version", b"").decode("latin-1") or auth.PLAIN_VERSION
    if version not in auth.VERSIONS:
        raise BadCall(errors.INVALID_VERSION)
    if key is None or account is None or account.account.venue != VENUE or _is_expired(key, at_ns):
        raise BadCall(errors.UNKNOWN_KEY)
    known = key.one_time_password
    if known is None or not auth.passphrase_matches(passphrase, version, known, key.secret):
        raise BadCall(errors.INVALID_PASSPHRASE)
    if not auth.verify(signature, timestamp, call.verb, call.endpoint, call.body, key.secret):
        raise Unsigned(_expected(call, timestamp, key))
    if key.ip_allowlist and not is_listed(call.address, key.ip_allowlist):
        raise BadCall(errors.foreign_address(call.address))
    if endpoint.permission not in key.permissions:
        raise BadCall(errors.PERMISSION_DENIED)
    return key, account


def charge(endpoint: Endpoint, tools: Tools, account: AccountState, at_ns: int) -> Usage:
    """Take the call's weight out of its account's pool."""
    tier = account.account.tier
    if not account.account.rate_limits:
        return unlimited(endpoint.pool, tier)
    quota = quota_of(endpoint.pool, tier)
    return tools.limits.spend(account.account.account_id, endpoint.pool, endpoint.weight, quota, at_ns)


def read(call: Call, in_path: Argument | None) -> Params:
    """The parameters: of the body where the verb has one, of the query otherwise, and the one in the path.

    Raises `BadCall`.
    """
    if call.verb in _WITH_BODY:
        if call.body and not call.headers.get(b"content-type", b"").lower().startswith(JSON):
            raise BadCall(errors.MEDIA_TYPE)
        params = parse_body(call.body)
    else:
        params = parse_query(call.query)
    if isinstance(params, BadCall):
        raise params
    return params if in_path is None else params.and_one(*in_path)


def _credentials(headers: dict[bytes, bytes]) -> tuple[bytes, bytes, bytes, bytes]:
    public, signature = headers.get(b"kc-api-key"), headers.get(b"kc-api-sign")
    timestamp, passphrase = headers.get(b"kc-api-timestamp"), headers.get(b"kc-api-passphrase")
    if not public or not signature or not timestamp or not passphrase:
        raise BadCall(errors.MISSING_HEADERS)
    return public, signature, timestamp, passphrase


def _is_expired(key: ApiKey, at_ns: int) -> bool:
    """Decided: an expired key looks like an unknown one."""
    return bool(key.valid_until_ns) and at_ns >= key.valid_until_ns


def _why_mistimed(call: Call, stamped_ns: int | None, at_ns: int, real_ns: int) -> str:
    """For the log. A text that is no time is not shown: it may be a secret in the wrong header."""
    lead = f"KC-API-TIMESTAMP of {call.verb} {call.path} is refused: "
    if stamped_ns is None:
        return lead + "it is no number of milliseconds"
    stamped_ms, world_ms, real_ms = (moment // MILLISECOND_NS for moment in (stamped_ns, at_ns, real_ns))
    return (
        f"{lead}it is {stamped_ms}, {_distance(stamped_ns - at_ns)} the world's time of {world_ms} and "
        f"{_distance(stamped_ns - real_ns)} this computer's of {real_ms}"
    )


def _distance(ns: int) -> str:
    return f"{abs(ns) // MILLISECOND_NS / 1000:.3f} s {'ahead of' if ns > 0 else 'behind'}"


def _expected(call: Call, timestamp: bytes, key: ApiKey) -> str:
    """What should have been signed, without the secrets that a query or a body may carry."""

    def shown(part: bytes) -> bytes:
        return masked(part[:MAX_LOGGED], key.secret, key.one_time_password)

    path, _, query = call.endpoint.partition(b"?")
    endpoint = shown(path) + (b"?" + shown(query) if query else b"")
    return (
        f"signature of {call.verb} {shown(path).decode('latin-1')!r} does not match: expected base64 of "
        f"HMAC-SHA256(secret, {(timestamp + call.verb.encode() + endpoint).decode('latin-1')!r} + "
        f"{shown(call.body)!r}), the query as sent or decoded"
    )
