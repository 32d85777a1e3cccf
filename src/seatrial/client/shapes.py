"""The control API's bodies, in and out. Amounts, prices and quantities are decimals as text."""

from collections.abc import Mapping

from msgspec import UNSET, Struct, UnsetType

from seatrial.dialects.registry import default_venue


class Health(Struct, frozen=True):
    status: str
    world: str
    now: str
    venues: list[str]
    version: str = ""
    """The server's release; empty if the server is older than this field."""


class NewAccount(Struct, frozen=True, forbid_unknown_fields=True):
    name: str | None = None
    """Made up when it is left out."""
    venue: str = default_venue().name
    balances: Mapping[str, str | int | float] = {}
    """By asset, in any of the venue's names for it, in the wallet that orders pay from; `main:USDT` names another."""
    tier: str | None = None
    rate_limits: bool = True
    opening: str = "deposit"
    """How the balances come in: `deposit`, as at a real account, or `transfer`."""
    check_timestamps: bool | None = None
    """Where a venue's calls say when they were signed: true, that must be the world's time; false, any time will do;
    left out, the world's time and this computer's are both right."""


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


class FeeChoice(Struct, frozen=True, forbid_unknown_fields=True):
    asset: str | None
    """What pays the account's trading fees from now on, such as a KuCoin account's `KCS`; null: what it trades in."""


class FeeView(Struct, frozen=True):
    account_id: int
    asset: str | None
    """What pays its trading fees; null: what it trades in."""


class NewKey(Struct, frozen=True, forbid_unknown_fields=True):
    name: str = "key"
    permissions: list[str] | None = None
    """All of the venue's when it is left out."""
    nonce_window: int = 0
    one_time_password: str | None = None
    """A fixed second password, where the venue's keys have no passphrase."""
    passphrase: str | None = None
    """Where the venue's keys have one; made up when it is left out."""
    totp_secret: str | None = None
    """Base32 secret of an authenticator; excludes one_time_password."""
    expiry: str | float | None = None
    """UNIX seconds or a date."""
    query_from: str | float | None = None
    query_to: str | float | None = None
    ips: list[str] = []
    """Addresses or networks that it may be used from."""


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
    as_of: str | None = None
    """The day by which venues do what they do; null: that of the clock."""


class ClockChange(Struct, frozen=True, forbid_unknown_fields=True):
    frozen: bool | None = None
    now: str | int | float | None = None
    """A date, UNIX seconds, or UNIX nanoseconds as `now_ns` shows them; in the past only while nothing happened."""
    speed: str | float | None = None
    advance: str | float | None = None
    """Seconds, or a text such as 24h."""
    as_of: str | None = None
    """A day, month or year, such as 2024-01, by which venues do what they do; `clock`: that of the clock again."""


class AssetBooks(Struct, frozen=True):
    clients: str
    holds: str
    """What open orders set aside, of the clients' money."""
    outgoing: str
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


class MarketView(Struct, frozen=True):
    pair: str
    status: str
    last: str | None
    """The price of the last trade; null: there was none."""
    bid: str | None
    ask: str | None
    trades: int
    """How many there were."""
    liquidity: str | None
    """On which sides the house quotes: both, bids, asks or none; null: it does not trade here."""


class MarketChange(Struct, frozen=True, forbid_unknown_fields=True):
    status: str | None = None
    """online, cancel_only, post_only, limit_only or reduce_only."""
    price: str | int | float | None = None
    """Trade there at once; where a crowd trades, it moves there too."""
    liquidity: str | None = None
    """On which sides the house quotes: both, bids, asks or none."""


class NewTrade(Struct, frozen=True, forbid_unknown_fields=True):
    price: str | int | float
    volume: str | int | float
    side: str = "buy"
    """The taker's."""
    ordertype: str = "market"
    """The taker's: market or limit."""


class SystemView(Struct, frozen=True):
    status: str


class SystemChange(Struct, frozen=True, forbid_unknown_fields=True):
    status: str
    """online, maintenance, cancel_only, post_only or limit_only."""


class CrowdPair(Struct, frozen=True):
    pair: str
    price: str
    """Around which it trades now."""
    volatility: float
    """About how far the base goes in a day, in percent."""
    depth: float
    """How much it quotes: 1 is the usual."""
    activity: float
    """How often somebody takes: 1 is the usual."""
    liquidity: str | None
    """On which sides the house quotes: both, bids, asks or none; null: it does not trade while the crowd is off."""


class CrowdView(Struct, frozen=True):
    mode: str
    pairs: list[CrowdPair]


class CrowdChange(Struct, frozen=True, forbid_unknown_fields=True):
    mode: str | None = None
    """off, calm or busy."""
    pair: str | None = None
    """Which market the rest is about."""
    price: str | int | float | None = None
    volatility: str | int | float | None = None
    """In percent a day; of the base, so of all its markets."""
    depth: str | int | float | None = None
    activity: str | int | float | None = None


class TapeView(Struct, frozen=True):
    pairs: list[str]
    rows: int
    """How many were played."""
    next: str | None
    """When the next one was recorded; null: the tape has ended."""
