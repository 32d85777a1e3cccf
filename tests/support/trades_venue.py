"""A venue that only knows Trades and gives known ones, page by page, as Kraken does; and stumbles when told to."""

import json
import random
import threading
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, NamedTuple, Self
from urllib.parse import parse_qs, urlsplit

SECOND = 10**9
PAGE = 1000
START = 1_559_347_200 * SECOND
"""2019-06-01, the example of venue-pages#time-and-sales."""


class Deal(NamedTuple):
    """One trade as the venue knows it."""

    at_ns: int
    price: str
    volume: str
    side: str = "b"
    kind: str = "m"
    trade_id: int = 0

    def row(self) -> list[Any]:
        """As Trades prints it: the time is the nearest double, and older rows have no id."""
        row = [self.price, self.volume, self.at_ns / SECOND, self.side, self.kind, ""]
        return [*row, self.trade_id] if self.trade_id else row


class Answer(NamedTuple):
    """One HTTP answer."""

    body: bytes
    status: int = 200
    kind: str = "application/json"


def deals(count: int, *, start_ns: int = START, seed: int = 1, ids: bool = True) -> list[Deal]:
    """A market with sweeps of equal printed times, quiet days and a month's end."""
    draw, at_ns, made = random.Random(seed), start_ns, []  # noqa: S311  a market, no secret
    for number in range(1, count + 1):
        at_ns += draw.choice((40, 90, 120_000, 3 * SECOND, 600 * SECOND))
        price, volume = f"{8000 + draw.randrange(1000) / 10:.5f}", f"{draw.randrange(1, 10**10) / 10**8:.8f}"
        made.append(Deal(at_ns, price, volume, draw.choice("bs"), draw.choice("ml"), number if ids else 0))
    return made


def printed(made: Sequence[Deal]) -> list[tuple[object, ...]]:
    """What is stored of them: the time is the double that the venue prints, as decimal text."""
    return [(_printed_ns(deal), deal.price, deal.volume, deal.side, deal.kind, deal.trade_id or None) for deal in made]


def _printed_ns(deal: Deal) -> int:
    whole, _, fraction = repr(deal.at_ns / SECOND).partition(".")
    return int(whole) * SECOND + int(fraction.ljust(9, "0"))


def iso(at_ns: int) -> str:
    """Whole seconds."""
    return datetime.fromtimestamp(at_ns // SECOND, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


Script = Callable[[int, dict[str, str]], Answer | None]
"""From the number of the call, 1 on, and its parameters: what to answer instead; None for the truth."""


def page_of(deals: Sequence[Deal], since: int, size: int = PAGE, name: str = "XXBTZUSD") -> bytes:
    """The deals after a moment. Source: market-data#since."""
    found = [deal for deal in deals if deal.at_ns > since][:size]
    last = found[-1].at_ns if found else since
    return json.dumps({"error": [], "result": {name: [deal.row() for deal in found], "last": str(last)}}).encode()


def refusal(text: str) -> Answer:
    """Kraken's envelope with an error."""
    return Answer(json.dumps({"error": [text]}).encode())


class TradesVenue:
    """Answers on a free port of this machine, from entering the context until leaving it."""

    def __init__(self, deals: Sequence[Deal] = (), *, size: int = PAGE, script: Script | None = None) -> None:
        self.deals = deals
        self.size = size
        self.script = script
        self.asked: list[dict[str, str]] = []
        """The parameters of every call of Trades."""
        self.agents: set[str] = set()
        self.asset_pairs: bytes | None = None
        """What AssetPairs answers; nothing of Kraken's without."""
        venue = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                self.close_connection = True
                answer = venue.answer(self.path, self.headers.get("User-Agent", ""))
                self.send_response(answer.status)
                self.send_header("Content-Type", answer.kind)
                self.send_header("Content-Length", str(len(answer.body)))
                self.send_header("Connection", "close")
                self.end_headers()
                self.wfile.write(answer.body)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the base's name
                """Nothing to anybody."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self._server.server_port}"

    def answer(self, target: str, agent: str) -> Answer:
        """What one call gets."""
        path, query = urlsplit(target)[2:4]
        self.agents.add(agent)
        if path == "/0/public/AssetPairs" and self.asset_pairs is not None:
            return Answer(self.asset_pairs)
        if path != "/0/public/Trades":
            return Answer(b"not here", 404, "text/plain")
        parameters = {name: values[0] for name, values in parse_qs(query).items()}
        self.asked.append(parameters)
        told = self.script(len(self.asked), parameters) if self.script else None
        return told or Answer(page_of(self.deals, int(parameters.get("since", 0)), self.size))

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
