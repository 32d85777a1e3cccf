"""Whole programs, unmodified, trade here over REST and WebSockets: NautilusTrader and infinity-grid."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from seatrial.client.kraken import KrakenClient
from tests.support.programs import environment, program
from tests.support.running import RunningServer

pytestmark = [pytest.mark.clients, pytest.mark.timeout(1_800)]  # the first run installs a gigabyte

HERE = Path(__file__).parent
USERREF = "7"
PATIENCE_SECONDS = 30


@pytest.fixture(scope="module")
def server() -> Iterator[RunningServer]:
    """A server whose crowd trades."""
    with RunningServer(None, "--crowd-at-first", "busy") as running:
        yield running
        assert "Traceback" not in running.log


class Owner:
    """Whose program it is: an account with keys. Its calls, which nothing slows down here, are not counted."""

    def __init__(self, server: RunningServer) -> None:
        balances = {"USD": "100000", "BTC": "2"}
        self._server = server
        self._id = server.tell("/accounts", balances=balances, rate_limits=False)["id"]

    def key(self) -> tuple[str, str]:
        """A key that nobody else has."""
        issued = self._server.tell(f"/accounts/{self._id}/keys")
        return issued["key"], issued["secret"]


def test_nautilus_trader_follows_a_market_rests_an_order_cancels_it_and_buys(server: RunningServer) -> None:
    python = environment("nautilus", oldest=(3, 12))
    seen: dict[str, list[dict[str, str]]] = {}
    with program(python, HERE / "nautilus_here.py", server.url, *Owner(server).key()) as node:
        for event in node.events():
            seen.setdefault(event["event"], []).append(event)
            if {"OrderFilled", "trade"} <= seen.keys() and len(seen["book"]) > 10:
                break
    counts = {name: len(events) for name, events in seen.items() if name.startswith("Order")}
    assert counts == {
        "OrderInitialized": 2, "OrderSubmitted": 2, "OrderAccepted": 2, "OrderPendingCancel": 1, "OrderCanceled": 1,
        "OrderFilled": 1,
    }  # fmt: skip
    assert "order_side=BUY" in seen["OrderFilled"][0]["said"]
    books = seen["book"]
    assert all(float(book["bid"]) < float(book["ask"]) for book in books if "None" not in book.values())
    assert not [line for line in node.written if "[ERROR]" in line or "hecksum" in line]


def test_infinity_grid_keeps_its_grid_and_sells_what_it_bought(server: RunningServer) -> None:
    python = environment("infinity-grid")
    owner = Owner(server)
    key, secret = owner.key()
    sockets = server.url.replace("http", "ws")
    with program(
        python, HERE / "infinity_grid_here.py", server.url, "--api-public-key", key, "--api-secret-key", secret,
        "run", "--strategy", "GridHODL", "--name", "grid", "--exchange", "Kraken", "--userref", USERREF,
        "--base-currency", "BTC", "--quote-currency", "USD", "--amount-per-grid", "100", "--interval", "0.02",
        "--n-open-buy-orders", "3", "--in-memory", "--no-metrics-enabled",
        INFINITY_GRID_FF_KRAKEN_REST_URL=server.url, INFINITY_GRID_FF_KRAKEN_WS_URL=sockets,
        INFINITY_GRID_FF_KRAKEN_AUTH_WS_URL=sockets,
    ) as bot:  # fmt: skip
        for _ in range(3):
            bot.said("Placing order to buy")
        with KrakenClient(server.url, *owner.key(), now_ns=lambda: 0) as client:
            highest = max(_grid(client, "buy"))
            _sell_down_to(server, highest)
            bot.said("Placing order to sell")
            (price,) = _soon(lambda: _grid(client, "sell") or _grid(client, "sell", "ClosedOrders", "closed"))
    assert price == pytest.approx(highest * 1.02, rel=0.001)
    assert not [line for line in bot.written if " ERROR " in line or "Traceback" in line]


def _soon(look: Callable[[], list[float]]) -> list[float]:
    """What is seen there as soon as something is: the bot says that it places an order before it does."""
    until = time.monotonic() + PATIENCE_SECONDS
    while not (seen := look()) and time.monotonic() < until:
        time.sleep(0.1)
    return seen


def _grid(client: KrakenClient, side: str, method: str = "OpenOrders", part: str = "open") -> list[float]:
    """The prices of the bot's orders on that side. One that sells may be filled at once: the crowd comes back."""
    orders = client.call(method, {"userref": USERREF}).result[part].values()
    return [float(order["descr"]["price"]) for order in orders if order["descr"]["type"] == side]


def _sell_down_to(server: RunningServer, price: float) -> None:
    """Somebody else sells until the price is there: the bot reads no orders of its account but its own."""
    seller = server.tell("/accounts", balances={"BTC": "1000"})
    order = {"pair": "XBTUSD", "type": "sell", "ordertype": "limit", "timeinforce": "IOC", "volume": "1000"}
    with KrakenClient(server.url, seller["key"], seller["secret"], now_ns=lambda: 0) as client:
        assert not client.call("AddOrder", order | {"price": f"{price:.1f}"}).errors
