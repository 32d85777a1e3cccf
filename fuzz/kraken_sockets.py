"""Messages over Kraken's WebSocket: every method, every channel, what each takes, and how a message is put together."""

from collections.abc import Callable
from random import Random
from typing import Final

from fuzz.kraken import KrakenWords
from fuzz.requests import SOCKET, TOKEN, Proof, Request
from fuzz.words import Kind, Spec, Words, choice, fields, spec
from fuzz.writing import Field, Raw, Value, as_object
from seatrial.dialects.kraken.ws.channels import CHANNELS
from seatrial.dialects.kraken.ws.methods import METHODS
from seatrial.world.world import World

VENUE: Final = "kraken"
PATH: Final = "/v2"
_FOLLOW: Final = "channel symbol:symbols | snapshot:flag depth interval event_trigger"
_PRIVATE: Final = (
    "channel:private token | snap_orders:flag snap_trades:flag order_status:flag ratecounter:flag snapshot:flag "
    "snapshot_trades:flag users rebased:flag"
)
_LEVEL3: Final = "channel:level3 symbol:symbols token | snapshot:flag depth:order_depth"
_WHOLE: Final = "channel:whole | execution_venue include_tokenized_assets:flag snapshot:flag"

PARAMETERS: Final[dict[str, Spec]] = {
    "ping": spec("| x"),
    "subscribe": spec(_FOLLOW, _PRIVATE, _LEVEL3, _WHOLE),
    "unsubscribe": spec(_FOLLOW, _PRIVATE, _LEVEL3, _WHOLE),
    "add_order": spec(
        "order_type:at_limit side symbol order_qty:number limit_price:price token | time_in_force post_only:flag "
        "cl_ord_id order_userref deadline validate:flag fee_preference stp_type effective_time expire_time "
        "margin:flag reduce_only:flag display_qty:number limit_price_type trigger triggers conditional "
        "stop_price:price no_mpp:flag sender_sub_id asset_class",
        "order_type:at_market side symbol order_qty:number token | validate:flag cash_order_qty:number",
        "order_type:at_limit side symbol order_qty:number limit_price:price token time_in_force:gtd expire_time",
    ),
    "amend_order": spec(
        "order_id:open_order order_qty:number limit_price:price token | cl_ord_id post_only:flag deadline "
        "validate:flag display_qty:number limit_price_type trigger_price:price trigger_price_type:limit_price_type "
        "symbol asset_class",
        "cl_ord_id order_qty:number token | limit_price:price",
    ),
    "edit_order": spec(
        "order_id:open_order symbol order_qty:number limit_price:price token | post_only:flag deadline validate:flag "
        "order_userref reduce_only:flag fee_preference display_qty:number triggers trigger stop_price:price price "
        "no_mpp:flag asset_class",
    ),
    "batch_add": spec("symbol orders:new_orders token | deadline validate:flag asset_class"),
    "batch_cancel": spec("orders token | cl_ord_id:client_ids"),
    "cancel_order": spec(
        "order_id:orders token | cl_ord_id:client_ids order_userref:userrefs",
        "cl_ord_id:client_ids token", "order_userref:userrefs token",
    ),
    "cancel_all": spec("token"),
    "cancel_all_orders_after": spec("timeout token"),
}  # fmt: skip
"""What each method takes."""

TABLE: Final = dict.fromkeys(("ping", "subscribe", "unsubscribe", *METHODS))

SocketKind = Kind[KrakenWords]


def _as_number(kind: Callable[[KrakenWords], Value]) -> SocketKind:
    """A number of JSON, in the place of a text of a form."""
    return lambda words: Raw(str(kind(words)))


def _some(kind: SocketKind, maximum: int) -> SocketKind:
    """A list, now and then of none or of too many."""

    def make(words: KrakenWords) -> Value:
        count = words.luck.choices((1, 2, words.luck.randint(1, maximum), maximum + 1, 0), (65, 15, 12, 5, 3))[0]
        return [kind(words) for _ in range(count)]

    return make


def _order(words: KrakenWords) -> Value:
    """One of a batch."""
    order: dict[str, Value] = {
        "order_type": "limit", "side": words.luck.choice(("buy", "sell")), "order_qty": Raw(words.volume()),
        "limit_price": Raw(words.price()),
    }  # fmt: skip
    return order | ({"cl_ord_id": words.client_id()} if words.luck.random() < 0.3 else {})


def _symbol(words: KrakenWords) -> str:
    return words.luck.choices((words.market.symbol, words.pair()), (90, 10))[0]


KINDS: Final[dict[str, SocketKind]] = {
    "asset_class": choice("spot", "spot", "derivatives"),
    "at_limit": choice("limit"),
    "at_market": choice("market"),
    "channel": choice(*(name for name, channel in CHANNELS.items() if channel.is_of_symbols and not channel.right)),
    "cl_ord_id": Words.client_id,
    "client_ids": _some(Words.client_id, 4),
    "conditional": lambda words: {"order_type": "limit", "trigger_price": Raw(words.price())},
    "deadline": KrakenWords.deadline,
    "depth": choice(10, 25, 100, 500, 1000, 11),
    "effective_time": KrakenWords.deadline,
    "event_trigger": choice("trades", "bbo", "x"),
    "execution_venue": choice("international", "bitnomial_exchange"),
    "expire_time": KrakenWords.deadline,
    "fee_preference": choice("base", "quote", "x"),
    "flag": choice(True, False, True, False, "true"),
    "gtd": choice("gtd"),
    "interval": choice(1, 5, 15, 30, 60, 240, 1440, 10080, 21600, 2),
    "level3": choice("level3"),
    "limit_price_type": choice("static", "pct", "quote"),
    "new_orders": _some(_order, 15),
    "number": _as_number(Words.volume),
    "open_order": KrakenWords.order,
    "order_depth": choice(10, 100, 1000, 25),
    "order_userref": KrakenWords.userref,
    "orders": _some(KrakenWords.order, 50),
    "price": _as_number(Words.price),
    "private": choice(*(name for name, channel in CHANNELS.items() if channel.is_private)),
    "sender_sub_id": choice("desk"),
    "side": choice("buy", "sell"),
    "stp_type": choice("cancel_newest", "cancel_oldest", "cancel_both"),
    "symbol": _symbol,
    "symbols": _some(_symbol, 6),
    "time_in_force": choice("gtc", "gtd", "ioc", "fok"),
    "timeout": choice(0, 1, 60, 86_400, 86_401),
    "token": choice(TOKEN.decode()),
    "trigger": choice("last", "index"),
    "triggers": lambda words: {"price": Raw(words.price()), "reference": "last"},
    "userrefs": _some(KrakenWords.userref, 4),
    "users": choice("all"),
    "whole": choice(*(name for name, channel in CHANNELS.items() if not channel.right and not channel.is_of_symbols)),
}


def request(luck: Random, world: World, account_id: int, caller: int, method: str) -> Request:
    """One message by one of the callers."""
    words = KrakenWords(luck, world, account_id)
    params = fields(words, PARAMETERS[method], KINDS)
    message: list[Field] = [("method", method)]
    if params and luck.random() < 0.98:
        message.append(("params", Raw(as_object(params))))
    if luck.random() < 0.5:
        message.append(("req_id", luck.choice((1, 0, -1, 2**53 + 1, 2**64))))
    body = as_object(message).encode(errors="surrogatepass")
    return Request(
        venue=VENUE, endpoint=f"{PATH} {method}", verb=SOCKET, path=PATH, body=body, caller=caller, proof=Proof.NONE
    )
