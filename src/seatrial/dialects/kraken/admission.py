"""Who may come in: the checks of every private call, in the documented order.

key → signature → nonce → one-time password → permission → counter; the arguments come after.
Source: kraken-rest#order-of-checks for the order; kraken-rest#signature, kraken-rest#nonce,
kraken-rest#one-time-password and kraken-rest#keys for the checks.
"""

from functools import lru_cache
from typing import Final

from seatrial.core.accounts import ApiKey
from seatrial.core.commands import SpendNonce
from seatrial.core.machine import Machine
from seatrial.core.state import State
from seatrial.dialects.callers import is_listed
from seatrial.dialects.kraken import auth, errors
from seatrial.dialects.kraken.context import Context, Tools
from seatrial.dialects.kraken.endpoint import Endpoint
from seatrial.dialects.kraken.errors import BadCall
from seatrial.dialects.kraken.limits import DEFAULT_TIER, TIERS
from seatrial.dialects.kraken.listings import VENUE
from seatrial.dialects.kraken.params import Params, parse_body
from seatrial.dialects.masking import masked
from seatrial.dialects.wire import Call

MAX_LOGGED: Final = 2_000
"""Bytes of a body that the log shows."""


class Unsigned(BadCall):
    """A signature that does not match; `expected` says what should have been signed, without the secret."""

    def __init__(self, expected: str) -> None:
        super().__init__(errors.INVALID_SIGNATURE)
        self.expected = expected


def admit(
    endpoint: Endpoint, machine: Machine, tools: Tools, call: Call, at_ns: int, real_ns: int
) -> tuple[Context, Params]:
    """Who calls, and what was sent; or raise `BadCall`. A nonce whose signature holds is spent whatever follows."""
    headers, state = call.headers, machine.state
    key = state.keys.get(headers.get(b"api-key", b"").decode("latin-1"))
    if key is None or not _is_valid(key, state, call.address, at_ns):
        raise BadCall(errors.INVALID_KEY)
    account = state.accounts[key.account_id]
    params = parse_body(headers.get(b"content-type"), call.body)
    if not isinstance(params, Params):
        raise params
    sent_nonce = params.nonce
    nonce = auth.nonce_number(sent_nonce)
    if nonce is None or sent_nonce is None:
        raise BadCall(errors.INVALID_NONCE)
    signature = headers.get(b"api-sign", b"")
    if not auth.verify(signature, call.path, sent_nonce, call.body, _secret(key.secret), query=call.query):
        raise Unsigned(_expected(call, sent_nonce, key))
    if not isinstance(machine.apply(SpendNonce(key.public, nonce), at_ns), tuple):
        raise BadCall(errors.INVALID_NONCE)
    if not _knows_password(key, params, at_ns, real_ns):
        raise BadCall(errors.INVALID_SIGNATURE)
    if not endpoint.allows(key):
        raise BadCall(errors.PERMISSION_DENIED)
    if endpoint.cost and account.account.rate_limits:
        tier = TIERS.get(account.account.tier, TIERS[DEFAULT_TIER])
        if not tools.limits.call(key.key_id, tier, endpoint.cost, at_ns):
            raise BadCall(errors.RATE_LIMIT)
    return Context(machine, tools, at_ns, key, account, real_ns), params


@lru_cache(maxsize=1024)
def _secret(text: str) -> bytes:
    return auth.decode_secret(text)


def _is_valid(key: ApiKey, state: State, address: str, at_ns: int) -> bool:
    """Whether the key is this venue's and may be used from there now.

    Decided: an expired key, a foreign address and another venue's key look like an unknown key. Source:
    kraken-rest#keys.
    """
    if state.accounts[key.account_id].account.venue != VENUE or (key.valid_until_ns and at_ns >= key.valid_until_ns):
        return False
    return not key.ip_allowlist or is_listed(address, key.ip_allowlist)


def _knows_password(key: ApiKey, params: Params, at_ns: int, real_ns: int) -> bool:
    """An authenticator goes by the computer's time, so a code of that is as good as one of the world's (decided)."""
    static, authenticator = key.one_time_password, key.totp_secret
    if static is None and authenticator is None:
        return True
    otp = params.text("otp")
    return any(
        auth.password_matches(otp, moment_ns // 10**9, static=static, authenticator=authenticator)
        for moment_ns in (at_ns, real_ns)
    )


def _expected(call: Call, nonce: str, key: ApiKey) -> str:
    """What should have been signed, without the secrets that a body may carry."""
    body = masked(call.body[:MAX_LOGGED], key.secret, key.one_time_password, key.totp_secret)
    return (
        f"signature of {call.path} does not match: expected "
        f"HMAC-SHA512(secret, {call.path!r} + SHA256({nonce!r} + {body!r}))"
    )
