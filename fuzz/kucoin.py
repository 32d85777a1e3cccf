"""Calls of KuCoin's API: every line of its table, what each takes, and how a call is put together."""

import re
from random import Random
from typing import Final
from urllib.parse import quote

from fuzz.odd import odd_value
from fuzz.requests import Proof, Request
from fuzz.target import PASSPHRASE, SUB_NAMES
from fuzz.words import Kind, Spec, Words, choice, fields, spec
from fuzz.writing import Value, as_form, as_object
from seatrial.dialects.kucoin.dialect import ENDPOINTS, Kucoin
from seatrial.dialects.kucoin.endpoint import Endpoint, PublicEndpoint
from seatrial.world.world import World

VENUE: Final = "kucoin"
JSON: Final = "application/json"

_PAGE: Final = "currentPage:page pageSize:size_of_page"
_TIMES: Final = "startAt:milliseconds endAt:milliseconds"
_ORDER: Final = (
    "clientOid symbol side type:kind price size | funds stp tradeType remark tags timeInForce cancelAfter "
    "postOnly:boolean hidden:boolean iceberg:boolean visibleSize:size stop stopPrice:price "
    "clientTimestamp:milliseconds allowMaxTimeWindow:window"
)
_MARKET_ORDER: Final = "clientOid symbol side type:at_market funds | stp remark tradeType"
_SIZED_MARKET_ORDER: Final = "clientOid symbol side type:at_market size | stp remark tradeType"
_MULTI: Final = "symbol orderList"
_ORDERS: Final = f"| status:order_status symbol side type:kind tradeType {_TIMES} {_PAGE}"
_HF_ORDERS: Final = f"symbol | side type:kind {_TIMES} lastId limit tradeType"
_LEDGER: Final = f"| currency:currencies direction bizType {_TIMES}"
_WITHDRAWAL: Final = (
    "currency toAddress:address amount withdrawType | chain memo:text remark isInner:boolean feeDeductType address"
)
_ADDRESSES: Final = "currency | chain"
_CHAIN: Final = "| chain"
_KEY: Final = "subName apiKey passphrase | permission ipWhitelist expire"
_BOOK: Final = "symbol"

PARAMETERS: Final[dict[str, Spec]] = {
    "GET /api/v1/timestamp": spec(""),
    "GET /api/v1/status": spec(""),
    "GET /api/v1/my-ip": spec(""),
    "GET /api/v3/announcements": spec(f"| annType:tags lang:tags startTime:milliseconds endTime:milliseconds {_PAGE}"),
    "GET /api/v1/currencies": spec(""),
    "GET /api/v1/currencies/{currency}": spec(_CHAIN),
    "GET /api/v2/currencies/{currency}": spec(_CHAIN),
    "GET /api/v3/currencies": spec(""),
    "GET /api/v3/currencies/{currency}": spec(_CHAIN),
    "GET /api/v1/symbols": spec("| market"),
    "GET /api/v2/symbols": spec("| market"),
    "GET /api/v2/symbols/{symbol}": spec(""),
    "GET /api/v1/markets": spec(""),
    "GET /api/v1/market/orderbook/level1": spec(_BOOK),
    "GET /api/v1/market/allTickers": spec(""),
    "GET /api/v1/market/stats": spec(_BOOK),
    "GET /api/v1/market/orderbook/level2_20": spec(_BOOK),
    "GET /api/v1/market/orderbook/level2_100": spec(_BOOK),
    "GET /api/v1/market/orderbook/callauction/level2_20": spec(_BOOK),
    "GET /api/v1/market/orderbook/callauction/level2_100": spec(_BOOK),
    "GET /api/v1/market/callauctionData": spec(_BOOK),
    "GET /api/v3/market/orderbook/level2": spec(_BOOK),
    "GET /api/v1/market/histories": spec(_BOOK),
    "GET /api/v1/market/candles": spec("symbol type:length | startAt:seconds endAt:seconds"),
    "GET /api/v1/prices": spec("| base:currency currencies"),
    "GET /api/v3/margin/symbols": spec("| symbol"),
    "GET /api/v1/isolated/symbols": spec(""),
    "GET /api/v1/contracts/active": spec(""),
    "GET /api/v1/accounts": spec("| currency type:wallet"),
    "GET /api/v1/accounts/{accountId}": spec(""),
    "GET /api/v1/accounts/{accountId}/holds": spec(f"| {_PAGE}"),
    "GET /api/v1/accounts/transferable": spec("currency type:account_type"),
    "GET /api/v2/user-info": spec(""),
    "GET /api/v1/user/api-key": spec(""),
    "GET /api/v1/hf/accounts/opened": spec(""),
    "GET /api/ua/v1/account/mode": spec(""),
    "GET /api/v1/base-fee": spec("| currencyType:bit"),
    "GET /api/v1/trade-fees": spec("symbols"),
    "GET /api/v1/accounts/ledgers": spec(f"{_LEDGER} {_PAGE}"),
    "GET /api/v1/accounts/{accountId}/ledgers": spec(f"| direction bizType {_TIMES} {_PAGE}"),
    "GET /api/v1/hf/accounts/ledgers": spec(f"{_LEDGER} lastId limit"),
    "GET /api/v3/hf/margin/account/ledgers": spec(f"{_LEDGER} lastId limit"),
    "GET /api/v1/orders": spec(_ORDERS, "status:active | symbol side type:kind"),
    "GET /api/v1/orders/{orderId}": spec(""),
    "GET /api/v1/order/client-order/{clientOid}": spec(""),
    "GET /api/v1/limit/orders": spec(""),
    "GET /api/v1/fills": spec(f"| orderId symbol side type:kind tradeType {_TIMES} {_PAGE}"),
    "GET /api/v1/limit/fills": spec(""),
    "GET /api/v1/hf/orders/active": spec("symbol"),
    "GET /api/v1/hf/orders/active/page": spec("symbol | pageNum:page pageSize:size_of_page"),
    "GET /api/v1/hf/orders/active/symbols": spec(""),
    "GET /api/v1/hf/orders/done": spec(_HF_ORDERS),
    "GET /api/v1/hf/orders/{orderId}": spec("symbol"),
    "GET /api/v1/hf/orders/client-order/{clientOid}": spec("symbol"),
    "GET /api/v1/hf/fills": spec(f"{_HF_ORDERS} orderId"),
    "POST /api/v1/orders": spec(_ORDER, _MARKET_ORDER, _SIZED_MARKET_ORDER),
    "POST /api/v1/orders/test": spec(_ORDER, _MARKET_ORDER, _SIZED_MARKET_ORDER),
    "POST /api/v1/orders/multi": spec(_MULTI),
    "DELETE /api/v1/orders/{orderId}": spec(""),
    "DELETE /api/v1/order/client-order/{clientOid}": spec(""),
    "DELETE /api/v1/orders": spec("| symbol tradeType"),
    "POST /api/v1/hf/orders": spec(_ORDER, _MARKET_ORDER, _SIZED_MARKET_ORDER),
    "POST /api/v1/hf/orders/test": spec(_ORDER, _MARKET_ORDER, _SIZED_MARKET_ORDER),
    "POST /api/v1/hf/orders/sync": spec(_ORDER, _MARKET_ORDER, _SIZED_MARKET_ORDER),
    "POST /api/v1/hf/orders/multi": spec("orderList"),
    "POST /api/v1/hf/orders/multi/sync": spec("orderList"),
    "DELETE /api/v1/hf/orders/{orderId}": spec("symbol"),
    "DELETE /api/v1/hf/orders/sync/{orderId}": spec("symbol"),
    "DELETE /api/v1/hf/orders/cancel/{orderId}": spec("symbol cancelSize:size"),
    "POST /api/v1/hf/orders/alter": spec(
        "symbol orderId | newPrice:price newSize:size", "symbol clientOid | newPrice:price newSize:size"
    ),
    "POST /api/v1/hf/orders/dead-cancel-all": spec("timeout | symbols"),
    "GET /api/v1/hf/orders/dead-cancel-all/query": spec(""),
    "DELETE /api/v1/hf/orders/client-order/{clientOid}": spec("symbol"),
    "DELETE /api/v1/hf/orders/sync/client-order/{clientOid}": spec("symbol"),
    "DELETE /api/v1/hf/orders": spec("symbol"),
    "DELETE /api/v1/hf/orders/cancelAll": spec(""),
    "POST /api/v3/deposit-address/create": spec("currency | chain to amount"),
    "GET /api/v3/deposit-addresses": spec(f"{_ADDRESSES} amount"),
    "GET /api/v2/deposit-addresses": spec(_ADDRESSES),
    "GET /api/v1/deposit-addresses": spec(_ADDRESSES),
    "POST /api/v1/deposit-addresses": spec("currency | chain to"),
    "GET /api/v1/deposits": spec(f"| currency status:transfer_status {_TIMES} {_PAGE}"),
    "GET /api/v1/hist-deposits": spec(f"| currency status:transfer_status {_TIMES} {_PAGE}"),
    "GET /api/v1/withdrawals": spec(f"| currency status:transfer_status {_TIMES} {_PAGE}"),
    "POST /api/v3/withdrawals": spec(_WITHDRAWAL),
    "POST /api/v1/withdrawals": spec(_WITHDRAWAL),
    "GET /api/v1/withdrawals/{withdrawalId}": spec(""),
    "DELETE /api/v1/withdrawals/{withdrawalId}": spec(""),
    "GET /api/v1/hist-withdrawals": spec(f"| currency status:transfer_status {_TIMES} {_PAGE}"),
    "GET /api/v1/withdrawals/quotas": spec("currency | chain"),
    "POST /api/v2/sub/user/created": spec("subName:new_name password access | remarks:remark"),
    "GET /api/v2/sub/user": spec(f"| {_PAGE}"),
    "GET /api/v1/sub/user": spec(""),
    "GET /api/v1/sub-accounts": spec("| baseCurrency:currency includeBaseAmount:boolean"),
    "GET /api/v2/sub-accounts": spec(f"| baseCurrency:currency includeBaseAmount:boolean {_PAGE}"),
    "GET /api/v1/sub-accounts/{subUserId}": spec("| baseCurrency:currency includeBaseAmount:boolean"),
    "POST /api/v1/sub/api-key": spec("subName passphrase remark | permission ipWhitelist expire"),
    "GET /api/v1/sub/api-key": spec("subName | apiKey"),
    "POST /api/v1/sub/api-key/update": spec(_KEY),
    "DELETE /api/v1/sub/api-key": spec("subName apiKey passphrase"),
    "POST /api/v3/accounts/universal-transfer": spec(
        "clientOid:move_name type:transfer_type currency amount fromAccountType:account_type "
        "toAccountType:account_type fromUserId:subUserId toUserId:subUserId"
    ),
    "POST /api/v2/accounts/inner-transfer": spec("clientOid:move_name currency amount from:wallet to:wallet"),
    "POST /api/v2/accounts/sub-transfer": spec(
        "clientOid:move_name currency amount direction:move_direction subUserId "
        "| accountType:account_type subAccountType:account_type"
    ),
}
"""What each line takes."""


class KucoinWords(Words):
    """The words of one call of KuCoin's."""

    markets = ("BTC/USDT", "ETH/USDT", "ETH/BTC")
    assets = ("USDT", "BTC", "ETH", "XRP", "SOL", "USDC")

    def __init__(self, luck: Random, world: World, account_id: int) -> None:
        super().__init__(luck, world, account_id)
        dialect = world.dialects[VENUE]
        assert isinstance(dialect, Kucoin)
        self.ids = dialect.ids
        self.symbols = dialect.symbols

    def symbol(self) -> str:
        return self.symbols.name(self.market.symbol)

    def currency(self) -> str:
        return self.symbols.currency(self.asset.code)

    def any_currency(self) -> str:
        return self.symbols.currency(self.luck.choice(self.symbols.codes))

    def currencies(self) -> Value:
        return ",".join(self.any_currency() for _ in range(self.luck.choice((1, 1, 2, 10, 11))))

    def symbol_list(self) -> Value:
        return ",".join(self.symbol() for _ in range(self.luck.choice((1, 1, 3, 10, 11))))

    def chain(self) -> str:
        chains = self.symbols.chains(self.asset.code)
        return self.luck.choice([chain.line.chain_id for chain in chains] or ["eth"])

    def order_id(self) -> str:
        number = self.order_number()
        order = self.state.live_orders.get(number)
        return self.ids.order(number, 1 if order is None else order.opened_ns // 10**9)

    def withdrawal(self) -> str:
        number = self.transfer_number()
        transfer = self.state.transfers.get(number)
        spell = self.luck.choice((self.ids.withdrawal, self.ids.withdrawal, self.ids.deposit))
        return spell(number, 1 if transfer is None else transfer.created_ns // 10**9)

    def purse(self) -> str:
        purses = list(self.state.ledger.of_account(self.account.account.account_id))
        if not purses:
            return "0" * 24
        purse = self.luck.choice(purses)
        return self.ids.purse(purse.account_id, purse.wallet, purse.asset.code)

    def sub_user(self) -> str:
        own = [one.account for one in self.state.accounts.values() if one.account.parent_id]
        number = self.luck.choice([*(account.account_id for account in own), self.account.account.account_id])
        return self.ids.user(number, self.state.accounts[number].account.created_ns // 10**9)

    def api_key(self) -> str:
        """Mostly of a sub-account."""
        own = [
            public for public, key in self.state.keys.items() if self.state.accounts[key.account_id].account.parent_id
        ]
        return self.luck.choice(own if own and self.luck.random() < 0.9 else list(self.state.keys))

    def new_name(self) -> str:
        return f"sub{self.luck.randint(1000, 9999)}name"

    def last_id(self) -> int:
        counters = self.state.counters
        row, newest = self.luck.choice((
            (self.ids.order_row, counters.order_id), (self.ids.fill_row, counters.fill_id),
            (self.ids.ledger_row, self.state.ledger.posting_id),
        ))  # fmt: skip
        return row(self.number_up_to(newest))

    def orders(self) -> Value:
        """Rows of orders, now and then none or too many."""
        return [self.row() for _ in range(self.luck.choice((1, 2, 3, 5, 5, 0, 6)))]

    def row(self) -> Value:
        return dict(fields(self, PARAMETERS["POST /api/v1/hf/orders"], KINDS))

    def move_name(self) -> str:
        return f"move{self.luck.randint(0, 10**6)}"


KINDS: Final[dict[str, Kind[KucoinWords]]] = {
    "access": choice("Spot", "Futures", "Margin", "All"),
    "account_type": choice("MAIN", "TRADE", "TRADE", "MAIN", "TRADE_HF", "MARGIN", "CONTRACT", "ISOLATED"),
    "accountId": KucoinWords.purse,
    "active": choice("active"),
    "address": choice("bc1qxy2kgdygjrsqtzq2n0yrf2493p83kkfjhx0wlh", "0x52908400098527886E0F7030069857D2E4169EE7"),
    "amount": Words.amount,
    "apiKey": KucoinWords.api_key,
    "at_market": choice("market"),
    "bit": choice("0", "1"),
    "bizType": choice("DEPOSIT", "WITHDRAW", "TRANSFER", "SUB_TRANSFER", "TRADE_EXCHANGE", "KUCOIN_BONUS"),
    "boolean": choice(True, False, "true", "false"),
    "cancelAfter": choice(1, 60, 2_592_000, 2_592_001, 0, -1),
    "chain": KucoinWords.chain,
    "clientOid": Words.client_id,
    "currencies": KucoinWords.currencies,
    "currency": KucoinWords.currency,
    "direction": choice("in", "out"),
    "expire": choice("-1", "30", "90", "180", "360"),
    "feeDeductType": choice("INTERNAL", "EXTERNAL"),
    "funds": Words.amount,
    "ipWhitelist": choice("127.0.0.1", "10.0.0.1,127.0.0.1", "10.0.0.0/8"),
    "kind": choice(*("limit",) * 8, "market", "market", "limit_stop"),
    "lastId": KucoinWords.last_id,
    "length": choice("1min", "3min", "1hour", "6hour", "1day", "1week", "1month"),
    "limit": choice(1, 20, 100, 200, 201),
    "market": choice("USDS", "BTC", "ALTS"),
    "milliseconds": Words.milliseconds,
    "move_direction": choice("OUT", "OUT", "IN"),
    "move_name": KucoinWords.move_name,
    "new_name": KucoinWords.new_name,
    "orderId": KucoinWords.order_id,
    "orderList": KucoinWords.orders,
    "order_status": choice("active", "done"),
    "page": choice(1, 1, 2, 3, 2**31),
    "passphrase": choice(*(PASSPHRASE,) * 5, "anotherone1"),
    "password": choice("password1", "short"),
    "permission": choice("General", "General,Spot", "General,Spot,InnerTransfer", "Spot"),
    "price": Words.price,
    "remark": choice("a remark", "x" * 24, "x" * 101),
    "seconds": Words.seconds,
    "side": choice("buy", "sell"),
    "size": Words.volume,
    "size_of_page": choice(1, 10, 50, 100, 500, 501),
    "stop": choice("loss", "entry"),
    "stp": choice("CN", "CO", "CB", "CN", "DC"),
    "subName": choice(*SUB_NAMES),
    "subUserId": KucoinWords.sub_user,
    "timeout": choice(-1, 5, 30, 86_400, 86_401, 4),
    "symbol": KucoinWords.symbol,
    "symbols": KucoinWords.symbol_list,
    "tags": choice("tag"),
    "text": choice("12345", "x" * 256),
    "timeInForce": choice("GTC", "GTT", "IOC", "FOK"),
    "to": choice("main", "MAIN", "trade"),
    "tradeType": choice("TRADE", "TRADE", "MARGIN_TRADE"),
    "transfer_status": choice("PROCESSING", "SUCCESS", "FAILURE"),
    "transfer_type": choice("INTERNAL", "INTERNAL", "PARENT_TO_SUB", "SUB_TO_PARENT"),
    "wallet": choice("main", "trade", "trade", "main", "trade_hf", "margin", "contract"),
    "window": choice(0, 5_000, 10**9),
    "withdrawType": choice("ADDRESS", "ADDRESS", "UID"),
    "withdrawalId": KucoinWords.withdrawal,
}  # fmt: skip

TABLE: Final[dict[str, Endpoint | PublicEndpoint]] = {f"{one.verb} {one.path}": one for one in ENDPOINTS}

NAMES: Final = (
    "\x00", "a\x00", "a\x00b", "a\nb", "\x7f", "\ud800", "\U0001f4a5", " ", "a b", "..", "%", "%00", "a/b", "?", "'",
    "_", "x" * 300,
)  # fmt: skip
"""What a path may have in the place of a name."""

_SUBJECT = re.compile(r"{(\w+)}")
_WITH_BODY: Final = frozenset({"POST", "PUT"})


def request(luck: Random, world: World, account_id: int, caller: int, name: str) -> Request:
    """One call of a line of the table by one of the callers."""
    words, line = KucoinWords(luck, world, account_id), TABLE[name]
    path = _SUBJECT.sub(lambda found: _subject(words, found[1]), line.path)
    params = fields(words, PARAMETERS[name], KINDS)
    with_body = line.verb in _WITH_BODY
    return Request(
        venue=VENUE, endpoint=name, verb=line.verb, path=path,
        query=b"" if with_body else as_form(params, luck),
        body=as_object(params).encode(errors="surrogatepass") if with_body else b"",
        content_type=JSON, caller=caller, proof=Proof.RIGHT if isinstance(line, Endpoint) else Proof.NONE,
    )  # fmt: skip


def _subject(words: KucoinWords, name: str) -> str:
    luck = words.luck
    odd = luck.choice((luck.choice(NAMES), odd_value(luck)))
    value = odd if luck.random() < 0.35 else KINDS[name](words)
    return quote(str(value).encode(errors="surrogatepass")[:300], safe="") or "x"
