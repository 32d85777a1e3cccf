"""What there is to own and to trade, and what of it is open. Source: kraken-websocket#instrument."""

from typing import TYPE_CHECKING, Any, Final

from msgspec import UNSET

from seatrial.core.markets import Market, MarketStatus
from seatrial.core.money import format_units
from seatrial.core.state import State
from seatrial.dialects.kraken.symbols import AssetInfo, PairInfo, Symbols
from seatrial.dialects.kraken.ws.frames import text
from seatrial.dialects.kraken.ws.topics import INSTRUMENT

if TYPE_CHECKING:
    from seatrial.dialects.kraken.ws.session import Subscription

TOKENIZED: Final = "tokenized_asset"
VENUES: Final = {"international": "international", "bitnomial-exchange": "bitnomial_exchange"}
"""`execution_venue` here and in AssetPairs."""


class InstrumentTopic:
    """All assets and pairs of one execution venue, with or without what is tokenized."""

    def __init__(self, state: State, symbols: Symbols, venue: str, *, with_tokenized: bool) -> None:
        self.key: tuple[Any, ...] = ()
        self.followers: dict[Subscription, None] = {}
        self.place = state.last_fact
        self._symbols = symbols
        self._with_tokenized = with_tokenized
        self._markets = {
            symbol: state.markets[symbol].market
            for symbol in symbols.pair_symbols
            if self._shows(symbols.pair_info(symbol).aclass_base)
            and symbols.pair_info(symbol).execution_venue == VENUES[venue]
        }
        self._statuses = {symbol: state.markets[symbol].status for symbol in self._markets}

    def set_statuses(self, told: dict[str, MarketStatus]) -> bytes | None:
        """The pairs that have another status now; None where none has."""
        changed = []
        for symbol, market in self._markets.items():
            status = told.get(symbol, market.status)
            if self._statuses[symbol] is not status:
                self._statuses[symbol] = status
                changed.append(symbol)
        return self._frame("update", "", changed) if changed else None

    def snapshot(self) -> bytes:
        """All of them."""
        codes = [code for code in self._symbols.asset_codes if self._shows(self._symbols.asset_info(code).aclass)]
        return self._frame("snapshot", ",".join(map(self._asset, codes)), list(self._markets))

    def _shows(self, aclass: str) -> bool:
        return self._with_tokenized or aclass != TOKENIZED

    def _frame(self, kind: str, assets: str, pairs: list[str]) -> bytes:
        rows = ",".join(map(self._pair, pairs))
        return f'{{"channel":"{INSTRUMENT}","type":"{kind}","data":{{"assets":[{assets}],"pairs":[{rows}]}}}}'.encode()

    def _asset(self, code: str) -> str:
        info = self._symbols.asset_info(code)
        return (
            f'{{"id":{text(self._symbols.asset_display(code))},"status":"{info.status}","precision":{info.decimals},'
            f'"precision_display":{info.display_decimals},"borrowable":{_flag(info.margin_rate is not UNSET)},'
            f'"collateral_value":{_collateral(info)},"margin_rate":{_rate(info)}}}'
        )

    def _pair(self, symbol: str) -> str:
        market, info = self._markets[symbol], self._symbols.pair_info(symbol)
        display = self._symbols.pair_display(symbol)
        base, quote = display.split("/")
        tick, marginable = _unit(market.price_scale), bool(info.leverage_buy or info.leverage_sell)
        return (
            f'{{"symbol":{text(display)},"base":{text(base)},"quote":{text(quote)},'
            f'"status":"{self._statuses[symbol].value}","qty_precision":{market.lot_scale},'
            f'"qty_increment":{_unit(market.lot_scale)},"price_precision":{market.price_scale},'
            f'"cost_precision":{market.cost_scale},"marginable":{_flag(marginable)},"has_index":{_flag(marginable)},'
            f'"cost_min":{format_units(market.min_cost, market.cost_scale)},{_margin(info) if marginable else ""}'
            f'"tick_size":{tick},"price_increment":{tick},"qty_min":{_least(market)}}}'
        )


def _margin(info: PairInfo) -> str:
    """Decided: the initial margin is what the highest leverage leaves to pay, cut off at two decimals."""
    highest = max((*info.leverage_buy, *info.leverage_sell))
    limits = {"position_limit_long": info.long_position_limit, "position_limit_short": info.short_position_limit}
    told = "".join(f'"{name}":{limit},' for name, limit in limits.items() if limit is not UNSET)
    return f'"margin_initial":{format_units(100 // highest, 2)},{told}'


def _collateral(info: AssetInfo) -> str:
    return "0" if info.collateral_value is UNSET else f"{info.collateral_value}"


def _rate(info: AssetInfo) -> str:
    return "0" if info.margin_rate is UNSET else str(info.margin_rate)


def _flag(value: bool) -> str:  # noqa: FBT001  a value to be written
    return "true" if value else "false"


def _unit(scale: int) -> str:
    return format_units(1, scale)


def _least(market: Market) -> str:
    return format_units(market.min_qty_lots, market.lot_scale)
