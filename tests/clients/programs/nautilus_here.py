"""A node of NautilusTrader, unmodified: it follows a market, rests an order, cancels it, and buys.

What it sees goes out as lines of JSON. Its settings name the addresses, but for where it asks for a token for sockets.
"""

import json
import sys
from decimal import Decimal
from functools import partial

from nautilus_trader.adapters.kraken.config import KrakenDataClientConfig, KrakenExecClientConfig
from nautilus_trader.adapters.kraken.factories import KrakenLiveDataClientFactory, KrakenLiveExecClientFactory
from nautilus_trader.config import InstrumentProviderConfig, LoggingConfig, StrategyConfig, TradingNodeConfig
from nautilus_trader.core import nautilus_pyo3
from nautilus_trader.live.node import TradingNode
from nautilus_trader.model.enums import BookType, OrderSide
from nautilus_trader.model.events import OrderEvent
from nautilus_trader.model.identifiers import InstrumentId, TraderId
from nautilus_trader.trading.strategy import Strategy

URL, KEY, SECRET = sys.argv[1:4]
SOCKETS = URL.replace("http", "ws") + "/v2"
INSTRUMENT = InstrumentId.from_str("BTC/USD.KRAKEN")


def say(event: str, **more: str) -> None:
    """A line about it."""
    sys.stdout.write(json.dumps({"event": event, **more}) + "\n")
    sys.stdout.flush()


class Story(Strategy):
    """What is tried."""

    def __init__(self) -> None:
        super().__init__(StrategyConfig())
        self.resting = None

    def on_start(self) -> None:
        """Follow the market."""
        self.instrument = self.cache.instrument(INSTRUMENT)
        self.subscribe_order_book_deltas(INSTRUMENT, book_type=BookType.L2_MBP, depth=10)
        self.subscribe_trade_ticks(INSTRUMENT)
        self.subscribe_quote_ticks(INSTRUMENT)

    def on_quote_tick(self, tick) -> None:
        """The first one says where an order rests."""
        say("quote", bid=str(tick.bid_price), ask=str(tick.ask_price))
        if self.resting is None:
            price = self.instrument.make_price(tick.bid_price.as_decimal() * Decimal("0.9"))
            self.resting = self.order_factory.limit(INSTRUMENT, OrderSide.BUY, self._quantity(), price, post_only=True)
            self.submit_order(self.resting)

    def on_trade_tick(self, tick) -> None:
        """Somebody traded."""
        say("trade", price=str(tick.price))

    def on_order_book_deltas(self, _deltas) -> None:
        """The book as it is kept here."""
        book = self.cache.order_book(INSTRUMENT)
        say("book", bid=str(book.best_bid_price()), ask=str(book.best_ask_price()))

    def on_order_event(self, event: OrderEvent) -> None:
        """One step leads to the next."""
        name = type(event).__name__
        say(name, order=str(event.client_order_id), said=str(event))
        if name == "OrderAccepted" and event.client_order_id == self.resting.client_order_id:
            self.cancel_order(self.resting)
        elif name == "OrderCanceled":
            self.submit_order(self.order_factory.market(INSTRUMENT, OrderSide.BUY, self._quantity()))

    def _quantity(self):
        return self.instrument.make_qty(Decimal("0.01"))


def main() -> None:
    """Run the node until Ctrl-C."""
    nautilus_pyo3.KrakenSpotWebSocketClient = partial(nautilus_pyo3.KrakenSpotWebSocketClient, base_url_http=URL)
    keys = {"api_key": KEY, "api_secret": SECRET, "base_url_http_spot": URL, "base_url_ws_spot": SOCKETS}
    instruments = InstrumentProviderConfig(load_all=True)
    node = TradingNode(
        TradingNodeConfig(
            trader_id=TraderId("TESTER-001"),
            logging=LoggingConfig(log_level="WARNING"),
            data_clients={"KRAKEN": KrakenDataClientConfig(**keys, instrument_provider=instruments)},
            exec_clients={"KRAKEN": KrakenExecClientConfig(**keys, instrument_provider=instruments)},
        )
    )
    node.trader.add_strategy(Story())
    node.add_data_client_factory("KRAKEN", KrakenLiveDataClientFactory)
    node.add_exec_client_factory("KRAKEN", KrakenLiveExecClientFactory)
    node.build()
    node.run()


main()
