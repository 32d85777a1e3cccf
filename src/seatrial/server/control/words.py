"""What the control API's bodies say, read: words, moments and amounts as people write them."""

from base64 import b32decode
from ipaddress import ip_network
from typing import Final

from seatrial.client.shapes import DelaysChange, NewDestination, NewKey
from seatrial.core.funding import Delays, TransferNote, TransferStatus
from seatrial.server.control import times
from seatrial.server.host.opening import BadText
from seatrial.world.clock import LATEST_NS

STATUS_TEXTS: Final = {
    TransferStatus.INITIAL: "Initial",
    TransferStatus.PENDING: "Pending",
    TransferStatus.ON_HOLD: "On hold",
    TransferStatus.SETTLED: "Settled",
    TransferStatus.SUCCESS: "Success",
    TransferStatus.FAILURE: "Failure",
}
NOTE_TEXTS: Final = {
    TransferNote.CANCEL_PENDING: "cancel-pending",
    TransferNote.CANCELED: "canceled",
    TransferNote.CANCEL_DENIED: "cancel-denied",
    TransferNote.RETURN: "return",
    TransferNote.ON_HOLD: "onhold",
}


def key_fields(wanted: NewKey, passphrase: str | None) -> dict[str, object]:
    """The fields of the command that issues it, at a venue whose keys have that passphrase. Raises `BadText`."""
    if passphrase is None and wanted.passphrase is not None:
        raise BadText("a key of this venue has no passphrase: leave it out")
    if passphrase is not None and (wanted.one_time_password or wanted.totp_secret or wanted.nonce_window):
        raise BadText(
            "a key of this venue has a passphrase alone: leave one_time_password, totp_secret and nonce_window out"
        )
    if wanted.one_time_password is not None and wanted.totp_secret is not None:
        raise BadText("a key has a one_time_password or a totp_secret: leave one of them out")
    if "" in (wanted.one_time_password, wanted.passphrase):
        raise BadText("a one_time_password or passphrase must not be empty")
    if not 0 <= wanted.nonce_window < 2**63:
        raise BadText("nonce_window must be a whole number, 0 or more")
    return {
        "nonce_window": wanted.nonce_window,
        "one_time_password": wanted.passphrase or passphrase or wanted.one_time_password,
        "totp_secret": _checked_totp(wanted.totp_secret),
        "valid_until_ns": _moment(wanted.expiry),
        "query_from_ns": _moment(wanted.query_from),
        "query_to_ns": _moment(wanted.query_to),
        "ip_allowlist": tuple(_checked_network(text) for text in wanted.ips),
    }


def check_destination(wanted: NewDestination) -> None:
    """Raise `BadText` when Withdraw could not name it, or would have nowhere to send to."""
    if not wanted.key or not wanted.address:
        raise BadText("a withdrawal key must have a name, key, and an address")


def status_of(text: str | None) -> TransferStatus | None:
    """The status of a word; letter case, spaces and dashes do not matter. Raises `BadText`."""
    if text is None:
        return None
    for status, spelled in STATUS_TEXTS.items():
        if _folded(spelled) == _folded(text):
            return status
    raise BadText(f"unknown status {text!r}: one of {', '.join(STATUS_TEXTS.values())}")


def note_of(text: str | None) -> TransferNote | None:
    """The note of a word; letter case, spaces and dashes do not matter. Raises `BadText`."""
    if text is None:
        return None
    for note, spelled in NOTE_TEXTS.items():
        if _folded(spelled) == _folded(text):
            return note
    raise BadText(f"unknown status_prop {text!r}: one of {', '.join(NOTE_TEXTS.values())}")


def limit_of(text: str | None, usual: int, maximum: int) -> int:
    """How many rows a list is to have. Raises `BadText`."""
    if text is None:
        return usual
    if not text.isascii() or not text.isdigit() or len(text) > len(str(maximum)) or not 1 <= int(text) <= maximum:
        raise BadText(f"limit must be a whole number from 1 to {maximum}")
    return int(text)


def permissions_of(texts: list[str], allowed: frozenset[str]) -> frozenset[str]:
    """Permissions as the venue spells them; letter case, and spaces or underscores for its dashes, do not matter.

    Raises `BadText` for one that is not among those allowed.
    """
    spelled = {_folded(name): name for name in allowed}
    unknown = sorted(text for text in texts if _folded(text) not in spelled)
    if unknown:
        raise BadText(f"unknown permission {', '.join(unknown)}: the venue has {', '.join(sorted(allowed))}")
    return frozenset(spelled[_folded(text)] for text in texts)


def merge_delays(delays: Delays, change: DelaysChange) -> Delays:
    """The delays with some of them changed. Raises `BadText`."""

    def pick(given: str | float | None, now_ns: int) -> int:
        return now_ns if given is None else min(times.read_duration(given), LATEST_NS)

    return Delays(
        pick(change.deposit_settled, delays.deposit_settled_ns),
        pick(change.withdrawal_initial, delays.withdrawal_initial_ns),
        pick(change.withdrawal_pending, delays.withdrawal_pending_ns),
        pick(change.withdrawal_settled, delays.withdrawal_settled_ns),
    )


def _folded(text: str) -> str:
    return "".join(letter for letter in text.lower() if letter not in " -_")


def _moment(given: str | float | None) -> int:
    return 0 if given is None else min(times.read_moment(given), LATEST_NS)


def _checked_network(text: str) -> str:
    try:
        ip_network(text, strict=False)
    except ValueError as error:
        raise BadText(f"{text!r} is no address or network: {error}") from error
    return text


def _checked_totp(secret: str | None) -> str | None:
    if secret is None:
        return None
    text = "".join(secret.split()).rstrip("=").upper()
    try:
        decoded = b32decode(text + "=" * (-len(text) % 8))
    except ValueError as error:
        raise BadText("totp_secret must be base32, as an authenticator shows it") from error
    if not decoded:
        raise BadText("totp_secret must not be empty: give it in base32, or leave it out")
    return text
