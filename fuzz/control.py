"""The control API, attacked with what its own OpenAPI document allows and with what it forbids."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, Final

import httpx
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from schemathesis import APIOperation, Case, GenerationMode
from schemathesis.checks import CheckFunction, load_all_checks, not_a_server_error
from schemathesis.core.errors import InvalidSchema
from schemathesis.core.failures import FailureGroup
from schemathesis.core.result import Ok, Result
from schemathesis.specs.openapi import checks

from seatrial.client.control import Control
from seatrial.client.shapes import NewDeposit
from tests.support.running import RunningServer

Document = dict[str, Any]
AnyOperation = APIOperation[Any, Any, Any, Any]

CHECKS: Final[list[CheckFunction]] = [
    not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
    checks.negative_data_rejection,
]

WORDS: Final[dict[str, list[Any]]] = {
    "account": ["demo", "demo-kucoin", "1", "2", "house"],
    "activity": ["0", "1", 2],
    "address": ["bc1qxy2kgdygjrsqtzq2n0yrf2493p83kkfjhx0wlh"],
    "advance": ["0", "90s", "250ms", 1],
    "amount": ["0.5", "1000", "0", 1, "0.000000001"],
    "asset": ["BTC", "XBT", "USD", "USDT", "ZEUR"],
    "balances": [{"USD": "1000"}, {"main:USDT": 1}, {"XXBT": "0.5", "ZEUR": 2.5}],
    "depth": ["0", "1", 2],
    "expiry": ["2030-01-01", 1900000000],
    "frozen": [True, False],
    "id": ["demo", "demo-kucoin", "1", "2", "house"],
    "ips": [["127.0.0.1"], ["10.0.0.0/8", "::1"]],
    "key": ["wallet", "cold"],
    "liquidity": ["both", "bids", "asks", "none"],
    "mode": ["off"],
    "now": ["2027-01-01", "2020-01-01"],
    "one_time_password": ["123456"],
    "ordertype": ["market", "limit"],
    "passphrase": ["passphrase1"],
    "pair": ["BTC-USD", "XBTUSD", "ETH-BTC", "BTC/USDT"],
    "permissions": [["query-funds", "withdraw-funds"], ["General", "Spot"]],
    "price": ["105000", "3500.5", 1, "0"],
    "side": ["buy", "sell"],
    "speed": ["1x", 60],
    "status": ["online", "cancel_only", "Success", "Failure", "Settled", "maintenance"],
    "status_prop": ["onhold", "return", "canceled"],
    "tag": ["12345"],
    "tier": ["pro", "starter"],
    "totp_secret": ["JBSWY3DPEHPK3PXP"],
    "venue": ["kraken", "kucoin"],
    "volatility": ["0", "2.5"],
    "volume": ["0.5", "1", 3],
}
"""What a tester would say, by the names of fields. The crowd stays off: the years that a fuzzer lets pass are too many
for it."""


def attack(examples: int, number: int, read: Callable[[RunningServer], Document]) -> list[str]:
    """What a server got wrong, by the document that is read of it, in so many calls of each kind to each operation.

    The calls follow from the number.
    """
    load_all_checks()
    with RunningServer() as server:
        schema = schemathesis.openapi.from_dict(read(server))
        speak = partial(_in_words, WORDS | {"refid": _transfers(server)})
        for values in ("path_parameters", "query", "body"):
            schema.hook(f"before_generate_{values}")(lambda _context, strategy: speak(strategy))
        problems = [
            problem
            for operation in map(_described, schema.get_all_operations())
            for mode in GenerationMode
            for problem in _attacked(operation, mode, server.url, examples, number)
        ]
        if "Traceback" in server.log:
            problems.append(server.log)
        with Control(server.url) as control:
            if not control.read_books().balanced:
                problems.append("the books do not balance")
    return problems


def _described(result: Result[AnyOperation, InvalidSchema]) -> AnyOperation:
    assert isinstance(result, Ok), result
    return result.ok()


def own_document(server: RunningServer) -> Document:
    """What the server says of itself."""
    described = httpx.get(f"{server.url}/_seatrial/openapi.json", trust_env=False).raise_for_status()
    document: Document = described.json()
    return document


def _transfers(server: RunningServer) -> list[str]:
    """Transfers that an attack can move on."""
    wanted = NewDeposit("BTC", 1, manual=True)
    with Control(server.url) as control:
        return [control.see_deposit("demo", wanted).refid for _ in range(20)]


def _attacked(operation: AnyOperation, mode: GenerationMode, url: str, examples: int, number: int) -> Iterator[str]:
    @seed(number)
    @settings(
        max_examples=examples, database=None, deadline=None, suppress_health_check=list(HealthCheck),
        phases=(Phase.generate, Phase.shrink),
    )  # fmt: skip
    @given(operation.as_strategy(mode))
    def calls(case: Case[Any]) -> None:
        case.call_and_validate(url, checks=CHECKS)

    try:
        calls()
    except Unsatisfiable:
        assert mode is GenerationMode.NEGATIVE, "only what takes nothing cannot be asked wrongly"
    except FailureGroup as group:
        yield "\n".join(str(failure) for failure in group.exceptions)


@st.composite
def _in_words(draw: st.DrawFn, words: dict[str, list[Any]], strategy: st.SearchStrategy[Any]) -> Any:  # noqa: ANN401  JSON
    """The document's own values, or most of them replaced by words that mean something."""
    values = draw(strategy)
    if not isinstance(values, dict) or draw(st.integers(0, 3)) == 3:
        return values
    known = {name for name in values if name in words and draw(st.integers(0, 4)) != 4}
    return {name: draw(st.sampled_from(words[name])) if name in known else value for name, value in values.items()}
