"""What KuCoin did when: each change, on the day before it and on its day."""

from typing import TYPE_CHECKING

from seatrial.core.commands import SetAsOf
from seatrial.dialects.dated import moment_of
from seatrial.dialects.kucoin import manners
from tests.support.kraken_exchange import catalogue
from tests.support.kucoin_exchange import MILLISECOND_NS, SECOND_NS, Exchange, User

if TYPE_CHECKING:
    from seatrial.core.markets import FeeSchedule


def bought(exchange: Exchange) -> User:
    """A user of level 7 who has just bought."""
    seller, buyer = exchange.user(BTC="1", tier="vip7"), exchange.user(USDT="1000", tier="vip7")
    seller.place("sell", "0.01", "50000")
    buyer.place("buy", "0.01", "50000")
    return buyer


def test_classic_fills_were_of_whole_seconds() -> None:
    for moment_ns, shown_ms in (
        (manners.FILL_TIMES.from_ns - 250 * MILLISECOND_NS, manners.FILL_TIMES.from_ns // MILLISECOND_NS - 1000),
        (manners.FILL_TIMES.from_ns + 750 * MILLISECOND_NS, manners.FILL_TIMES.from_ns // MILLISECOND_NS + 750),
    ):
        buyer = bought(Exchange(now_ns=moment_ns))
        fills = buyer.get("/api/v1/fills")["items"] + buyer.get("/api/v1/limit/fills")
        assert [fill["createdAt"] for fill in fills] == [shown_ms] * 2
        (fine,) = buyer.get("/api/v1/hf/fills", symbol="BTC-USDT")["items"]
        assert fine["createdAt"] == moment_ns // MILLISECOND_NS


def test_a_fill_shows_the_time_of_its_own_day(exchange: Exchange) -> None:
    exchange.clock.now_ns = manners.FILL_TIMES.from_ns - SECOND_NS // 2
    old = bought(exchange)
    exchange.clock.now_ns += SECOND_NS
    assert old.get("/api/v1/fills")["items"][0]["createdAt"] % 1000 == 0


def test_levels_have_their_days(exchange: Exchange) -> None:
    user = exchange.user(tier="vip7")
    rates = []
    for as_of_ns in (manners.LEVELS.from_ns - 1, manners.LEVELS.from_ns):
        exchange.apply(SetAsOf(as_of_ns))
        found = user.get("/api/v1/base-fee")
        rates.append((found["takerFeeRate"], found["makerFeeRate"]))
    assert rates == [("0.0005", "0"), ("0.00042", "0.00015")]


def test_who_trades_by_a_level_is_charged_by_it(exchange: Exchange) -> None:
    exchange.apply(SetAsOf(moment_of("2025")))
    (fill,) = bought(exchange).get("/api/v1/fills")["items"]
    assert (fill["feeRate"], fill["fee"]) == ("0.0005", "0.25")


def test_every_ladder_of_the_catalogue_is_named_with_its_day() -> None:
    days: dict[str, set[int]] = {}
    for market in catalogue().markets.values():
        ladder: FeeSchedule | None = market.fees_for("kucoin")
        while ladder is not None and ladder.from_ns:
            days.setdefault(ladder.name, set()).add(ladder.from_ns)
            ladder = ladder.earlier
    assert days == {name: {change.from_ns for change in changes} for name, changes in manners.LADDERS.items()}
