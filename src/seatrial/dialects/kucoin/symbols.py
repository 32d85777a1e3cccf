"""KuCoin's names for assets, markets and chains, in and out, and what its currency and symbol calls say about them.

Source: kucoin-rest#currencies and kucoin-rest#symbols; the order of the fields is that of the examples in KuCoin's own
API specification.
"""

from typing import Final

from msgspec import Struct

from seatrial.catalogue import Catalogue
from seatrial.core.markets import Market, MarketStatus
from seatrial.dialects.kucoin.amounts import USUAL_DECIMALS, short
from seatrial.dialects.kucoin.listings import (
    Chain,
    SymbolLine,
    plain_currency_line,
    plain_symbol_line,
    rate,
    read_chains,
    read_currency_lines,
    read_symbol_lines,
)

CLOSED: Final = frozenset({MarketStatus.CANCEL_ONLY, MarketStatus.REDUCE_ONLY})
"""A market in which no order can be placed."""


class ChainInfo(Struct, frozen=True, rename="camel"):
    """A chain as the currency calls of version 3 show it."""

    chain_name: str
    withdrawal_min_size: str
    deposit_min_size: str
    withdraw_fee_rate: str
    withdrawal_min_fee: str
    is_withdraw_enabled: bool
    is_deposit_enabled: bool
    confirms: int
    pre_confirms: int
    contract_address: str
    withdraw_precision: int
    max_withdraw: str | None
    max_deposit: str | None
    need_tag: bool
    chain_id: str


class OldChainInfo(Struct, frozen=True, rename="camel"):
    """A chain as the currency call of version 2 shows it."""

    chain_name: str
    chain: str
    withdrawal_min_size: str
    withdrawal_min_fee: str
    is_withdraw_enabled: bool
    is_deposit_enabled: bool
    confirms: int
    contract_address: str


class CurrencyInfo(Struct, frozen=True, rename="camel"):
    """A currency as the calls of versions 2 and 3 show it."""

    currency: str
    name: str
    full_name: str
    precision: int
    confirms: int | None
    contract_address: str | None
    is_margin_enabled: bool
    is_debit_enabled: bool
    chains: tuple[ChainInfo | OldChainInfo, ...]


class OldCurrencyInfo(Struct, frozen=True, rename="camel"):
    """A currency as the calls of version 1 show it: with the values of one chain."""

    currency: str
    name: str
    full_name: str
    precision: int
    confirms: int | None
    contract_address: str | None
    withdrawal_min_size: str | None
    withdrawal_min_fee: str | None
    is_withdraw_enabled: bool
    is_deposit_enabled: bool
    is_margin_enabled: bool
    is_debit_enabled: bool


class OldSymbolInfo(Struct, frozen=True, rename="camel"):
    """A symbol as the retired call of version 1 shows it."""

    symbol: str
    name: str
    base_currency: str
    quote_currency: str
    fee_currency: str
    market: str
    base_min_size: str
    quote_min_size: str
    base_max_size: str
    quote_max_size: str
    base_increment: str
    quote_increment: str
    price_increment: str
    price_limit_rate: str
    min_funds: str
    is_margin_enabled: bool
    enable_trading: bool


class SymbolInfo(OldSymbolInfo, frozen=True, rename="camel"):
    """A symbol as the calls of version 2 show it. No market here opens with a call auction."""

    fee_category: int
    maker_fee_coefficient: str = "1.00"
    taker_fee_coefficient: str = "1.00"
    st: bool = False
    callauction_is_enabled: bool = False
    callauction_price_floor: str | None = None
    callauction_price_ceiling: str | None = None
    callauction_first_stage_start_time: int | None = None
    callauction_second_stage_start_time: int | None = None
    callauction_third_stage_start_time: int | None = None
    trading_start_time: int | None = None


class Symbols:
    """Every name that KuCoin's users say, and every name that it answers with.

    Names in are taken as they are, in upper case, chain ids in lower case. Names out take our codes and symbols of what
    is on KuCoin, or was once and is not in this catalogue; a `KeyError` there is a bug.
    """

    def __init__(self, catalogue: Catalogue) -> None:
        """Read KuCoin's files in the catalogue's tree. Raises `CatalogueError`."""
        lines = read_currency_lines(catalogue)
        self._assets = {asset.code: asset for asset in catalogue.assets}
        self._lines = {code: lines.get(code) or plain_currency_line(code) for code in self._assets}
        self._code_by_currency = {line.currency: code for code, line in lines.items()}
        chains = read_chains(catalogue, lines)
        self._chains = {code: tuple(chains.get(code, ())) for code in self._lines}
        self._symbol_lines = _symbol_lines(catalogue)
        self._names = {symbol: self._name(catalogue.markets[symbol]) for symbol in self._symbol_lines}
        self.codes = tuple(code for code in self._lines if code in lines)
        """The assets that are on KuCoin, as the catalogue orders them."""
        self._listed = frozenset(lines)
        self.markets = tuple(
            market.symbol for market in catalogue.markets.values()
            if market.base.code in lines and market.quote.code in lines
        )  # fmt: skip
        """The markets that are on KuCoin, as the catalogue orders them."""
        self._symbol_by_name = {self._names[symbol]: symbol for symbol in self.markets}
        self._infos = {symbol: self._symbol_info(catalogue.markets[symbol]) for symbol in self._names}
        self.groups = tuple(dict.fromkeys(self._symbol_lines[symbol].market for symbol in self.markets))
        """What markets are listed under."""

    def code(self, currency: str) -> str | None:
        """The asset that a user means; None when it is not on KuCoin."""
        return self._code_by_currency.get(currency)

    def symbol(self, name: str) -> str | None:
        """The market that a user means by BTC-USDT; None when it is not on KuCoin."""
        return self._symbol_by_name.get(name)

    def currency(self, code: str) -> str:
        """KuCoin's name of an asset."""
        return self._lines[code].currency

    def has(self, code: str) -> bool:
        """Whether an asset is on KuCoin."""
        return code in self._listed

    def name(self, symbol: str) -> str:
        """BTC/USDT → BTC-USDT."""
        return self._names[symbol]

    def line(self, symbol: str) -> SymbolLine:
        """What KuCoin alone knows about a market."""
        return self._symbol_lines[symbol]

    def symbol_info(self, symbol: str) -> SymbolInfo:
        """What the symbol calls say of it."""
        return self._infos[symbol]

    def precision(self, code: str) -> int:
        """The decimals that a user may name of an asset. Source: the specification's examples have eight."""
        return min(self._assets[code].scale, USUAL_DECIMALS)

    def chains(self, code: str) -> tuple[Chain, ...]:
        """The ways in and out of an asset, its usual one first; none for a fiat currency."""
        return self._chains[code]

    def chain(self, code: str, chain_id: str) -> Chain | None:
        """The way of that id, if the asset has it."""
        return next((chain for chain in self._chains[code] if chain.line.chain_id == chain_id), None)

    def chain_of(self, code: str, method: str) -> Chain | None:
        """The way that one of our methods is, if it is one."""
        return next((chain for chain in self._chains.get(code, ()) if chain.line.method == method), None)

    def currency_info(self, code: str, chains: tuple[Chain, ...]) -> CurrencyInfo:
        """What version 3 says of an asset and these of its chains."""
        return self._currency_info(code, tuple(self._chain_info(chain) for chain in chains))

    def currency_info_2(self, code: str, chains: tuple[Chain, ...]) -> CurrencyInfo:
        """What version 2 says of them."""
        return self._currency_info(code, tuple(self._old_chain_info(chain) for chain in chains))

    def currency_info_1(self, code: str, chain: Chain | None) -> OldCurrencyInfo:
        """What version 1 says of an asset and one of its chains."""
        line, scale = self._lines[code], self._assets[code].scale
        return OldCurrencyInfo(
            currency=line.currency,
            name=line.name,
            full_name=line.full_name,
            precision=self.precision(code),
            confirms=chain.line.confirms if chain else None,
            contract_address=chain.line.contract_address if chain else None,
            withdrawal_min_size=short(chain.method.withdrawal_minimum, scale) if chain else None,
            withdrawal_min_fee=short(chain.method.withdrawal_fee, scale) if chain else None,
            is_withdraw_enabled=chain is not None,
            is_deposit_enabled=chain is not None,
            is_margin_enabled=line.margin,
            is_debit_enabled=line.margin,
        )

    def _currency_info(self, code: str, chains: tuple[ChainInfo | OldChainInfo, ...]) -> CurrencyInfo:
        line = self._lines[code]
        return CurrencyInfo(
            currency=line.currency,
            name=line.name,
            full_name=line.full_name,
            precision=self.precision(code),
            confirms=None,
            contract_address=None,
            is_margin_enabled=line.margin,
            is_debit_enabled=line.margin,
            chains=chains,
        )

    def _chain_info(self, chain: Chain) -> ChainInfo:
        line, method = chain.line, chain.method
        scale = method.asset.scale
        return ChainInfo(
            chain_name=line.chain_name,
            withdrawal_min_size=short(method.withdrawal_minimum, scale),
            deposit_min_size=short(method.deposit_minimum, scale),
            withdraw_fee_rate="0",
            withdrawal_min_fee=short(method.withdrawal_fee, scale),
            is_withdraw_enabled=True,
            is_deposit_enabled=True,
            confirms=line.confirms,
            pre_confirms=line.confirms,
            contract_address=line.contract_address,
            withdraw_precision=self.precision(line.code),
            max_withdraw=None,
            max_deposit=None,
            need_tag=line.needs_tag,
            chain_id=line.chain_id,
        )

    def _old_chain_info(self, chain: Chain) -> OldChainInfo:
        line, method = chain.line, chain.method
        scale = method.asset.scale
        return OldChainInfo(
            chain_name=line.chain_name,
            chain=line.chain_id,
            withdrawal_min_size=short(method.withdrawal_minimum, scale),
            withdrawal_min_fee=short(method.withdrawal_fee, scale),
            is_withdraw_enabled=True,
            is_deposit_enabled=True,
            confirms=line.confirms,
            contract_address=line.contract_address,
        )

    def _name(self, market: Market) -> str:
        return f"{self._lines[market.base.code].currency}-{self._lines[market.quote.code].currency}"

    def _symbol_info(self, market: Market) -> SymbolInfo:
        line, name = self._symbol_lines[market.symbol], self._names[market.symbol]
        sizes, lots, quote = line.sizes, market.lot_scale, market.quote.scale
        return SymbolInfo(
            symbol=name,
            name=name,
            base_currency=self.currency(market.base.code),
            quote_currency=self.currency(market.quote.code),
            fee_currency=self.currency(market.quote.code),
            market=line.market,
            base_min_size=short(sizes.min_size, lots),
            quote_min_size=short(sizes.min_spend, quote),
            base_max_size=short(sizes.max_size, lots),
            quote_max_size=short(sizes.max_spend, quote),
            base_increment=short(sizes.size_step, lots),
            quote_increment=short(sizes.funds_step, quote),
            price_increment=short(sizes.price_step, market.price_scale),
            price_limit_rate=rate(line.price_limit_ppm),
            min_funds=short(sizes.min_funds, quote),
            is_margin_enabled=line.margin,
            enable_trading=market.status not in CLOSED,
            fee_category=line.fee_category,
        )


def _symbol_lines(catalogue: Catalogue) -> dict[str, SymbolLine]:
    lines = read_symbol_lines(catalogue)
    return {symbol: lines.get(symbol) or plain_symbol_line(market) for symbol, market in catalogue.markets.items()}
