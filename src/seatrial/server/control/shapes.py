"""The control API's bodies, in and out. Amounts are decimals as text."""

from base64 import b32decode
from ipaddress import ip_network
from typing import Final

from msgspec import UNSET, Struct, UnsetType

from seatrial.core.funding import Delays, TransferNote, TransferStatus
from seatrial.core.ledger import EXCHANGE
from seatrial.core.money import format_units
from seatrial.core.state import State
from seatrial.server.control import times
from seatrial.server.opening import DEPOSIT, BadText
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


class Health(Struct, frozen=True):
    status: str
    world: str
    now: str
    venues: list[str]


class NewAccount(Struct, frozen=True, forbid_unknown_fields=True):
    name: str | None = None
    """Made up when it is left out."""
    venue: str = "kraken"
    balances: dict[str, str | int | float] = {}
    """By asset, in any of the venue's names for it, in the wallet that orders pay from; `main:USDT` names another."""
    tier: str | None = None
    rate_limits: bool = True
    opening: str = DEPOSIT
    """How the balances come in: `deposit`, as at a real account, or `transfer`."""
    check_timestamps: bool | None = None
    """Of a KuCoin account: true, calls must carry the world's time; false, any time will do; left out, the world's time
    and this computer's are both right."""


class OpenedAccount(Struct, frozen=True):
    id: int
    name: str
    venue: str
    key: str
    secret: str
    passphrase: str | UnsetType = UNSET
    """Where the venue has one."""


class AccountView(Struct, frozen=True):
    id: int
    name: str
    venue: str
    tier: str
    rate_limits: bool
    check_timestamps: bool | None
    balances: dict[str, str]
    """Over all wallets."""
    wallets: dict[str, dict[str, str]]
    keys: list[str]


class NewKey(Struct, frozen=True, forbid_unknown_fields=True):
    name: str = "key"
    permissions: list[str] | None = None
    """All of the venue's when it is left out."""
    nonce_window: int = 0
    one_time_password: str | None = None
    """A fixed second password, of a Kraken key."""
    passphrase: str | None = None
    """Of a KuCoin key; made up when it is left out."""
    totp_secret: str | None = None
    """Base32 secret of an authenticator; excludes one_time_password."""
    expiry: str | float | None = None
    """UNIX seconds or a date."""
    query_from: str | float | None = None
    query_to: str | float | None = None
    ips: list[str] = []
    """Addresses or networks that it may be used from."""

    def restrict(self, passphrase: str | None) -> dict[str, object]:
        """The fields of the command that issues it, at a venue whose keys have that passphrase. Raises `BadText`."""
        if passphrase is None and self.passphrase is not None:
            raise BadText("a key of this venue has no passphrase")
        if passphrase is not None and (self.one_time_password or self.totp_secret or self.nonce_window):
            raise BadText("a key of this venue has a passphrase: no one_time_password, totp_secret or nonce_window")
        if self.one_time_password is not None and self.totp_secret is not None:
            raise BadText("a key has a one_time_password or a totp_secret, not both")
        if "" in (self.one_time_password, self.passphrase):
            raise BadText("a one_time_password or passphrase is not empty")
        if not 0 <= self.nonce_window < 2**63:
            raise BadText("nonce_window is a number from 0")
        return {
            "nonce_window": self.nonce_window,
            "one_time_password": self.passphrase or passphrase or self.one_time_password,
            "totp_secret": _checked_totp(self.totp_secret),
            "valid_until_ns": _moment(self.expiry),
            "query_from_ns": _moment(self.query_from),
            "query_to_ns": _moment(self.query_to),
            "ip_allowlist": tuple(_checked_network(text) for text in self.ips),
        }


class IssuedKey(Struct, frozen=True):
    account_id: int
    name: str
    key: str
    secret: str
    permissions: list[str]
    passphrase: str | UnsetType = UNSET
    """Where the venue has one."""


class NewDeposit(Struct, frozen=True, forbid_unknown_fields=True):
    asset: str
    amount: str | int | float
    """With the fee in it."""
    fee: str | int | float | None = None
    """What is taken out of the amount, such as a card's or a bank's; the method's own when it is left out."""
    method: str | None = None
    """The asset's first one when it is left out."""
    txid: str | None = None
    address: str | None = None
    manual: bool = False
    """Whether only you move it on, never the clock."""


class NewDestination(Struct, frozen=True, forbid_unknown_fields=True):
    asset: str
    key: str
    """The name that Withdraw asks for."""
    address: str
    method: str | None = None
    tag: str | None = None
    verified: bool = True

    def check(self) -> None:
        """Raise `BadText` when Withdraw could not name it, or would have nowhere to send to."""
        if not self.key or not self.address:
            raise BadText("a withdrawal key has a name and an address")


class DestinationView(Struct, frozen=True):
    key: str
    asset: str
    method: str
    address: str
    tag: str | None
    verified: bool


class TransferView(Struct, frozen=True):
    refid: str
    account_id: int
    kind: str
    asset: str
    method: str
    amount: str
    fee: str
    status: str
    status_prop: str | None
    address: str
    tag: str | None
    txid: str | None
    key: str | None
    created: str
    due: str | None
    """When the clock moves it on; null: it does not."""


class Step(Struct, frozen=True, forbid_unknown_fields=True):
    status: str | None = None
    """Pending, On hold, Settled, Success or Failure."""
    status_prop: str | None = None
    """cancel-pending, canceled, cancel-denied, return or onhold."""


class Restore(Struct, frozen=True, forbid_unknown_fields=True):
    file: str
    """The whole path of a backup, on the machine of the server."""


class Restored(Struct, frozen=True):
    file: str
    now: str
    """The world's time."""


class RestoreOutcome(Struct, frozen=True):
    file: str
    restored: bool
    detail: str
    """Why not."""


class RestoreView(Struct, frozen=True, kw_only=True):
    restoring: bool
    refuses_calls: bool
    """Whether all other calls are refused just now."""
    file: str | None = None
    step: str | None = None
    """What is being done."""
    done: int = 0
    of: int = 0
    """How much there is to do of this step; 0 where nobody knows."""
    last: RestoreOutcome | None = None
    """What came of the last one since the server started."""


class DelaysView(Struct, frozen=True):
    """In seconds."""

    deposit_settled: float
    withdrawal_initial: float
    withdrawal_pending: float
    withdrawal_settled: float


class DelaysChange(Struct, frozen=True, forbid_unknown_fields=True):
    """Seconds, or texts such as 24h; what is left out stays."""

    deposit_settled: str | float | None = None
    withdrawal_initial: str | float | None = None
    withdrawal_pending: str | float | None = None
    withdrawal_settled: str | float | None = None


class ClockView(Struct, frozen=True):
    now: str
    now_ns: int
    frozen: bool
    speed: float
    next_due: str | None
    """When something next falls due by itself."""


class ClockChange(Struct, frozen=True, forbid_unknown_fields=True):
    frozen: bool | None = None
    now: str | int | float | None = None
    """A date, UNIX seconds, or UNIX nanoseconds as `now_ns` shows them; in the past only while nothing happened."""
    speed: str | float | None = None
    advance: str | float | None = None
    """Seconds, or a text such as 24h."""


class AssetBooks(Struct, frozen=True):
    clients: str
    holds: str
    """What open orders set aside, of the clients' money."""
    leaving: str
    """What pending withdrawals set aside, of the clients' money."""
    exchange: dict[str, str]
    """The exchange's own accounts; custody is minus what clients brought in."""
    sum: str
    """Of clients and exchange: zero, or the books are broken."""


class StreamedEvent(Struct, frozen=True, kw_only=True):
    """One event of a stream, as it is on the wire; one without data only tells its number."""

    id: str | UnsetType = UNSET
    event: str | UnsetType = UNSET
    data: str | UnsetType = UNSET
    """JSON."""


class Books(Struct, frozen=True):
    balanced: bool
    assets: dict[str, AssetBooks]


def books(state: State) -> Books:
    """The trial balance of a whole world."""
    codes = sorted({purse.asset.code for purse in state.ledger.purses.values() if purse.used})
    assets = {code: _asset_books(state, code) for code in codes}
    postings_agree = all(purse.booked == purse.total for purse in state.ledger.purses.values())
    return Books(postings_agree and not any(state.ledger.trial_balance().values()), assets)


def _asset_books(state: State, code: str) -> AssetBooks:
    scale = state.assets[code].scale
    purses = sorted(
        (purse for purse in state.ledger.purses.values() if purse.asset.code == code and purse.used),
        key=lambda purse: purse.wallet,
    )
    clients = [purse for purse in purses if purse.account_id != EXCHANGE]

    def text(units: int) -> str:
        return format_units(units, scale)

    return AssetBooks(
        text(sum(purse.total for purse in clients)),
        text(sum(purse.held.balance for purse in clients)),
        text(sum(purse.leaving.balance for purse in clients)),
        {purse.wallet: text(purse.total) for purse in purses if purse.account_id == EXCHANGE},
        text(sum(purse.total for purse in purses)),
    )


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


def limit_of(text: str | None, usual: int, most: int) -> int:
    """How many rows a list is to have. Raises `BadText`."""
    if text is None:
        return usual
    if not text.isascii() or not text.isdigit() or len(text) > len(str(most)) or not 1 <= int(text) <= most:
        raise BadText(f"limit is a number from 1 to {most}")
    return int(text)


def permissions_of(texts: list[str], allowed: frozenset[str]) -> frozenset[str]:
    """Permissions as the venue spells them; letter case, and spaces or underscores for its dashes, do not matter.

    Raises `BadText` for one that is not among those allowed.
    """
    spelled = {_folded(name): name for name in allowed}
    unknown = sorted(text for text in texts if _folded(text) not in spelled)
    if unknown:
        raise BadText(f"unknown permission {', '.join(unknown)}; there are {', '.join(sorted(allowed))}")
    return frozenset(spelled[_folded(text)] for text in texts)


def delays_view(delays: Delays) -> DelaysView:
    """Delays in seconds."""
    return DelaysView(
        delays.deposit_settled_ns / 1e9,
        delays.withdrawal_initial_ns / 1e9,
        delays.withdrawal_pending_ns / 1e9,
        delays.withdrawal_settled_ns / 1e9,
    )


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
        raise BadText("totp_secret is not base32") from error
    if not decoded:
        raise BadText("a totp_secret is not empty")
    return text
