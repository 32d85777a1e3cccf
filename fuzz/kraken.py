"""Calls of Kraken's API: every method of its tables, what each takes, and how a call is put together."""

from random import Random
from typing import Final

from fuzz.requests import NONCE, Proof, Request
from fuzz.words import SECOND_NS, Kind, Spec, Words, choice, fields, lists, spec
from fuzz.writing import Field, Raw, Value, as_form, as_object
from seatrial.dialects.kraken.dialect import PRIVATE, PUBLIC, Kraken
from seatrial.dialects.kraken.endpoint import Endpoint, PublicEndpoint
from seatrial.world.clock import iso
from seatrial.world.world import World

VENUE: Final = "kraken"
FORM: Final = "application/x-www-form-urlencoded"
JSON: Final = "application/json"

_PAGE: Final = "ofs limit start end without_count with_cursor cursor"

PARAMETERS: Final[dict[str, Spec]] = {
    "/0/public/Time": spec(""),
    "/0/public/SystemStatus": spec(""),
    "/0/public/MaintenanceSchedule": spec(""),
    "/0/public/Assets": spec("| asset:assets aclass assetVersion:bit"),
    "/0/public/AssetPairs": spec("| pair:pairs info aclass_base:aclass execution_venue assetVersion:bit"),
    "/0/public/Ticker": spec("| pair:pairs asset_class assetVersion:bit"),
    "/0/public/OHLC": spec("pair interval | since:seconds asset_class assetVersion:bit"),
    "/0/public/Depth": spec("pair | count asset_class assetVersion:bit"),
    "/0/public/GroupedBook": spec("pair | depth grouping asset_class assetVersion:bit"),
    "/0/public/PreTrade": spec("symbol:pair"),
    "/0/public/PostTrade": spec("| symbol:pair from_ts:instant to_ts:instant count"),
    "/0/public/Trades": spec("pair | since:trade_since count asset_class assetVersion:bit"),
    "/0/public/Spread": spec("pair | since:seconds asset_class assetVersion:bit"),
    "/0/private/Balance": spec("| rebase_multiplier account_id:wallet"),
    "/0/private/BalanceEx": spec("| rebase_multiplier account_id:wallet"),
    "/0/private/TradeBalance": spec("| asset rebase_multiplier"),
    "/0/private/CreditLines": spec("| rebase_multiplier account_id:wallet"),
    "/0/private/ListWalletAccounts": spec(""),
    "/0/private/TradeVolume": spec("pair:pairs | fee_schedule rebase_multiplier"),
    "/0/private/GetApiKeyInfo": spec(""),
    "/0/private/GetWebSocketsToken": spec(""),
    "/0/private/OpenOrders": spec(
        f"| trades:boolean userref cl_ord_id consolidate_taker:boolean {_PAGE} rebase_multiplier"
    ),
    "/0/private/Level3": spec("pair | depth:book_depth"),
    "/0/private/OpenPositions": spec("| txid:fills docalcs:boolean consolidation rebase_multiplier"),
    "/0/private/ClosedOrders": spec(
        f"| trades:boolean userref cl_ord_id closetime consolidate_taker:boolean {_PAGE} rebase_multiplier",
        "cursor:order | limit closetime trades:boolean userref",
    ),
    "/0/private/QueryOrders": spec(
        "txid:orders | trades:boolean userref cl_ord_id consolidate_taker:boolean rebase_multiplier"
    ),
    "/0/private/TradesHistory": spec(
        "| type:trade_type pair:pairs trades:boolean ledgers:boolean consolidate_taker:boolean aclass:asset_class "
        f"{_PAGE} rebase_multiplier",
        "cursor:fill | limit pair:pairs consolidate_taker:boolean",
    ),
    "/0/private/QueryTrades": spec("txid:fills | trades:boolean ledgers:boolean rebase_multiplier"),
    "/0/private/Ledgers": spec(
        f"| asset:assets aclass type:ledger_type {_PAGE} rebase_multiplier",
        "cursor:ledger | limit asset type:ledger_type",
    ),
    "/0/private/QueryLedgers": spec("id:ledgers | trades:boolean rebase_multiplier"),
    "/0/private/AddOrder": spec(
        "pair type:side ordertype price volume | oflags timeinforce userref cl_ord_id stptype validate:boolean "
        "starttm:moment expiretm:moment deadline leverage reduce_only:boolean price2:price displayvol:volume "
        "close trigger asset_class",
        "pair type:side ordertype:at_market volume | oflags:flag validate:boolean starttm:later",
        "pair type:side ordertype:at_limit price volume starttm:later | oflags timeinforce cl_ord_id",
        "pair type:side ordertype:at_limit price volume expiretm:later timeinforce | validate:boolean",
    ),
    "/0/private/AmendOrder": spec(
        "txid:order | order_qty:volume limit_price:price post_only:boolean deadline pair validate:boolean "
        "display_qty:volume trigger_price:price",
        "txid:order | order_qty:volume limit_price:price post_only:boolean",
        "cl_ord_id | order_qty:volume limit_price:price",
    ),
    "/0/private/OrderAmends": spec("order_id:order"),
    "/0/private/EditOrder": spec(
        "txid:order pair | volume price oflags:flag userref deadline validate:boolean price2:price displayvol:volume "
        "cancel_response:boolean",
        "txid:order pair | volume price oflags:flag",
    ),
    "/0/private/AddOrderBatch": spec(
        "pair orders[0][type]:side orders[0][ordertype]:at_limit orders[0][volume]:volume orders[0][price]:price "
        "orders[1][type]:side orders[1][ordertype]:at_market orders[1][volume]:volume "
        "| orders[0][oflags]:oflags orders[0][cl_ord_id]:cl_ord_id deadline validate:boolean"
    ),
    "/0/private/CancelOrderBatch": spec("orders | cl_ord_ids:cl_ord_id"),
    "/0/private/CancelOrder": spec("txid:orders | cl_ord_id"),
    "/0/private/CancelAll": spec(""),
    "/0/private/CancelAllOrdersAfter": spec("timeout"),
    "/0/private/DepositMethods": spec("asset | aclass"),
    "/0/private/DepositAddresses": spec("asset method | new:boolean aclass amount"),
    "/0/private/DepositStatus": spec("| asset aclass method cursor:transfer_cursor limit start end"),
    "/0/private/WithdrawMethods": spec("| asset aclass network"),
    "/0/private/WithdrawAddresses": spec("| asset aclass method key verified:boolean"),
    "/0/private/WithdrawInfo": spec("key asset amount | aclass max_fee:amount address"),
    "/0/private/Withdraw": spec("key asset amount | aclass max_fee:amount address"),
    "/0/private/WithdrawStatus": spec("| asset aclass method cursor:transfer_cursor limit start end"),
    "/0/private/WithdrawCancel": spec("refid asset | aclass"),
    "/0/private/CreateSubaccount": spec("username:key email:address"),
    "/0/private/AccountTransfer": spec("asset amount from:key to:key | asset_class"),
}
"""What each method takes."""


class KrakenWords(Words):
    """The words of one call of Kraken's."""

    markets = ("BTC/USDT", "ETH/USDT", "ETH/BTC", "BTC/USD", "XRP/USD", "SOL/EUR")
    assets = ("USDT", "BTC", "ETH", "USD", "EUR", "XRP", "SOL", "DOGE")

    def __init__(self, luck: Random, world: World, account_id: int) -> None:
        super().__init__(luck, world, account_id)
        dialect = world.dialects[VENUE]
        assert isinstance(dialect, Kraken)
        self.ids = dialect.ids
        self.symbols = dialect.symbols

    def pair(self) -> str:
        symbol, symbols = self.market.symbol, self.symbols
        names = (symbols.pair_name(symbol), symbols.pair_altname(symbol), symbols.wsname(symbol), symbol)
        return self.luck.choice((*names, names[1].lower()))

    def any_pair(self) -> str:
        listed = [symbol for symbol in self.state.markets if self.symbols.pair(symbol) is not None]
        return self.symbols.pair_altname(self.luck.choice(listed))

    def asset_name(self) -> str:
        code, symbols = self.asset.code, self.symbols
        return self.luck.choice((symbols.asset_name(code), symbols.asset_altname(code), symbols.asset_display(code)))

    def any_asset(self) -> str:
        return self.symbols.asset_name(self.luck.choice(list(self.state.methods)))

    def order(self) -> str:
        return self.luck.choice((self.ids.order(self.order_number()),) * 5 + (str(self.userref()),))

    def fill(self) -> str:
        return self.ids.trade(self.number_up_to(self.state.counters.fill_id))

    def ledger(self) -> str:
        return self.ids.ledger(self.number_up_to(self.state.ledger.posting_id))

    def transfer(self) -> str:
        number = self.transfer_number()
        return self.luck.choice((self.ids.withdrawal, self.ids.withdrawal, self.ids.deposit))(number)

    def userref(self) -> int:
        return self.luck.choice((0, 1, 2, 3, -1, 2**31 - 1, -(2**31), self.luck.randint(-9, 9)))

    def bound(self) -> str:
        return self.luck.choice((self.seconds, self.seconds, self.order, self.fill, self.ledger))()

    def cursor(self) -> str:
        return self.luck.choice((self.order, self.fill, self.ledger))()

    def transfer_cursor(self) -> str:
        return self.luck.choice((self.transfer(), self.transfer(), "true", "false"))

    def limit_price(self) -> str:
        relative = f"{self.luck.choice('+-#')}{self.luck.randint(0, 30)}{self.luck.choice(('', '%', '.5', '.25%'))}"
        return relative if self.luck.random() < 0.1 else self.price()

    def trade_since(self) -> str:
        ns = f"{self.now_ns - self.luck.choice((0, 1, 10**9, 10**12))}"
        return self.luck.choice((ns, ns, self.seconds(), "0"))

    def moment(self) -> str:
        return self.luck.choice((f"+{self.luck.choice((0, 1, 5, 60, 86_400))}", self.seconds(), "0"))

    def later(self) -> str:
        return f"+{self.luck.choice((1, 5, 10, 60, 3_600))}"

    def deadline(self) -> str:
        at_ns = self.now_ns + self.luck.choice((-1, 0, 1, 5, 30, 60, 90)) * SECOND_NS
        return iso(at_ns).replace("Z", self.luck.choice(("Z", "z", "+00:00", "-05:30")))

    def instant(self) -> str:
        return iso(self.now_ns - self.luck.choice((-10, 0, 1, 60, 10**5, 10**9)) * SECOND_NS)

    def wallet(self) -> str:
        own = self.ids.wallet(self.account.account.account_id)
        return self.luck.choice((own, own.replace(" ", "-"), own.replace(" ", "")))

    def method(self) -> str:
        named = [method.name for method in self.state.methods.get(self.asset.code, [])]
        return self.luck.choice(named or ["Bitcoin"])

    def network(self) -> str:
        named = [method.network for method in self.state.methods.get(self.asset.code, [])]
        return self.luck.choice(named) or "Bitcoin"

    def key(self) -> str:
        """The name of a saved address; the call's asset becomes its own."""
        saved = list(self.account.destinations)
        if not saved:
            return "wallet"
        code, name = self.luck.choice(saved)
        self.asset = self.state.assets[code]
        return name

    def address(self) -> str:
        saved = [one.address for one in self.account.destinations.values()]
        return self.luck.choice([*saved, "bc1qxy2kgdygjrsqtzq2n0yrf2493p83kkfjhx0wlh"])

    def close(self) -> Value:
        return {"ordertype": self.luck.choice(("limit", "market", "")), "price": self.price()}


KINDS: Final[dict[str, Kind[KrakenWords]]] = {
    "timeout": choice(0, 1, 60, 86_400, 86_401),
    "aclass": choice("currency", "currency", "tokenized_asset"),
    "address": KrakenWords.address,
    "amount": Words.amount,
    "asset": KrakenWords.asset_name,
    "asset_class": choice("forex", "forex", "tokenized_asset"),
    "assets": lists(KrakenWords.any_asset, 30),
    "at_limit": choice("limit"),
    "at_market": choice("market"),
    "bit": choice("0", "1", 1),
    "boolean": choice("true", "false", True, False, 1, 0, "True"),
    "cl_ord_id": Words.client_id,
    "close": KrakenWords.close,
    "consolidation": choice("market"),
    "closetime": choice("open", "close", "both"),
    "count": choice("1", "2", "10", "100", "500", "1000", 5),
    "book_depth": choice("0", "10", "25", "100", "250", "1000", 10),
    "cursor": KrakenWords.cursor,
    "deadline": KrakenWords.deadline,
    "depth": choice("2", "10", "25", "100", "250", "1000", 10),
    "end": KrakenWords.bound,
    "execution_venue": choice("international", "bitnomial_exchange"),
    "fee_schedule": choice("true", "false"),
    "fill": KrakenWords.fill,
    "fills": lists(KrakenWords.fill, 20),
    "flag": choice("viqc", "fciq", "fcib"),
    "grouping": choice("1", "5", "10", "25", "50", "100", "250", "500", "1000"),
    "info": choice("info", "leverage", "fees", "margin"),
    "instant": KrakenWords.instant,
    "interval": choice("1", "5", "15", "30", "60", "240", "1440", "10080", "21600", 1),
    "key": KrakenWords.key,
    "later": KrakenWords.later,
    "ledger": KrakenWords.ledger,
    "ledger_type": choice("all", "trade", "deposit", "withdrawal", "transfer", "sale", "nft_rebate", "staking"),
    "ledgers": lists(KrakenWords.ledger, 20),
    "leverage": choice("none", "0", "1", "2:1", "5", "1000"),
    "limit": choice("1", "2", "10", "50", "500", 25),
    "method": KrakenWords.method,
    "moment": KrakenWords.moment,
    "network": KrakenWords.network,
    "oflags": lists(choice("post", "fcib", "fciq", "nompp", "viqc"), 3),
    "ofs": choice("0", "1", "10", "50", 1_000, 2**31),
    "order": KrakenWords.order,
    "orders": lists(KrakenWords.order, 50),
    "ordertype": choice(*("limit",) * 8, "market", "market", "stop-loss", "iceberg"),
    "pair": KrakenWords.pair,
    "pairs": lists(KrakenWords.any_pair, 20),
    "price": KrakenWords.limit_price,
    "rebase_multiplier": choice("rebased", "base"),
    "refid": KrakenWords.transfer,
    "seconds": Words.seconds,
    "side": choice("buy", "sell"),
    "start": KrakenWords.bound,
    "stptype": choice("cancel-newest", "cancel-oldest", "cancel-both"),
    "timeinforce": choice("GTC", "GTD", "IOC", "FOK"),
    "trade_since": KrakenWords.trade_since,
    "trigger": choice("last", "index"),
    "trade_type": choice("all", "no position", "any position", "closed position", "closing position"),
    "transfer_cursor": KrakenWords.transfer_cursor,
    "userref": KrakenWords.userref,
    "volume": Words.volume,
    "wallet": KrakenWords.wallet,
    "with_cursor": choice("true", "false"),
    "without_count": choice("true", "false", True),
}  # fmt: skip

TABLE: Final[dict[str, Endpoint | PublicEndpoint]] = {**PUBLIC, **PRIVATE}


def request(luck: Random, world: World, account_id: int, caller: int, path: str) -> Request:
    """One call of a method by one of the callers."""
    words = KrakenWords(luck, world, account_id)
    params = fields(words, PARAMETERS[path], KINDS)
    if path in PUBLIC:
        query = as_form(params, luck)
        return Request(venue=VENUE, endpoint=path, verb="GET", path=path, query=query, proof=Proof.NONE)
    content_type, body = _body(params, luck)
    return Request(
        venue=VENUE, endpoint=path, verb="POST", path=path, body=body, content_type=content_type, caller=caller
    )


def _body(params: list[Field], luck: Random) -> tuple[str | None, bytes]:
    """A form, or JSON with the nonce as a number or as a text."""
    nonce = NONCE.decode()
    if luck.random() < 0.7:
        content_type = luck.choices((FORM, f"{FORM}; charset=utf-8", None), (90, 5, 5))[0]
        return content_type, b"&".join(filter(None, (b"nonce=" + NONCE, as_form(params, luck))))
    content_type = luck.choices((JSON, f"{JSON};charset=UTF-8", None), (90, 5, 5))[0]
    text = as_object([("nonce", Raw(luck.choice((nonce, f'"{nonce}"')))), *params])
    return content_type, text.encode(errors="surrogatepass")
