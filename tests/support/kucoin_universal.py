"""KuCoin's universal SDK: typed requests and answers, orders by the high-frequency endpoints."""

import json
from decimal import Decimal
from typing import Any, Self
from uuid import uuid4

from kucoin_universal_sdk.api import DefaultClient
from kucoin_universal_sdk.generate.account import account, deposit, transfer, withdrawal
from kucoin_universal_sdk.generate.spot import market, order
from kucoin_universal_sdk.model import ClientOptionBuilder, TransportOptionBuilder
from pydantic import BaseModel

from tests.support.kucoin_facts import Flow, Line, Quota, Window
from tests.support.venue_facts import Candle, Holding, Levels, OwnTrade, PlacedOrder, Print, Quote, Rules, exact

STATUSES = {"PROCESSING": "pending", "WALLET_PROCESSING": "pending", "SUCCESS": "ok", "FAILURE": "failed"}


class AnyRequest(BaseModel, extra="allow"):
    """A request of whatever fields, for what no typed one can say."""

    def to_dict(self) -> dict[str, Any]:
        """The query."""
        return self.model_dump()

    def to_json(self) -> str:
        """The body."""
        return self.model_dump_json()


class AnyAnswer:
    """An answer as it came."""

    common_response: Any = None

    def from_dict(self, _data: object) -> Self:
        """Nothing is read."""
        return self

    def set_common_response(self, response: object) -> None:
        """Keep the envelope."""
        self.common_response = response


class UniversalSdk:
    """kucoin-universal-sdk, its REST half."""

    def __init__(self, url: str, key: str, secret: str, passphrase: str) -> None:
        hosts = ClientOptionBuilder().set_spot_endpoint(url).set_futures_endpoint(url).set_broker_endpoint(url)
        keys = hosts.set_key(key).set_secret(secret).set_passphrase(passphrase)
        options = keys.set_transport_option(TransportOptionBuilder().build()).build()
        self.rest: Any = DefaultClient(options).rest_service()
        accounts, spot = self.rest.get_account_service(), self.rest.get_spot_service()
        self.account, self.deposit = accounts.get_account_api(), accounts.get_deposit_api()
        self.withdrawal, self.moving = accounts.get_withdrawal_api(), accounts.get_transfer_api()
        self.sub_accounts = accounts.get_sub_account_api()
        self.order_api, self.market = spot.get_order_api(), spot.get_market_api()

    def close(self) -> None:
        """It has no way to close its connections, so this reaches for them."""
        self.order_api.transport.close()

    def private(self, verb: str, path: str, /, **params: Any) -> Any:
        answer = self.order_api.transport.call("spot", False, verb, path, AnyRequest(**params), AnyAnswer(), False)
        return answer.common_response.data

    def markets(self) -> dict[str, Rules]:
        return {
            row.symbol.replace("-", "/"): Rules(exact(row.price_increment), exact(row.base_min_size))
            for row in self.market.get_all_symbols(market.GetAllSymbolsReq()).data
        }

    def balances(self, wallet: str = "trade") -> dict[str, Holding]:
        found = self.account.get_spot_account_list(account.GetSpotAccountListReq.from_dict({"type": wallet}))
        return {row.currency: Holding(exact(row.balance), exact(row.holds)) for row in found.data}

    def place(self, side: str, size: str | None, price: str | None = None, *, symbol: str, **more: Any) -> str:
        kind = "market" if price is None else "limit"
        wanted = {"symbol": _name(symbol), "side": side, "type": kind, "size": size, "price": price, **more}
        return str(self.order_api.add_order(order.AddOrderReq.from_dict(wanted)).order_id)

    def cancel(self, order_id: str, symbol: str) -> None:
        wanted = {"orderId": order_id, "symbol": _name(symbol)}
        self.order_api.cancel_order_by_order_id(order.CancelOrderByOrderIdReq.from_dict(wanted))

    def cancel_named(self, client_oid: str, symbol: str) -> None:
        wanted = {"clientOid": client_oid, "symbol": _name(symbol)}
        self.order_api.cancel_order_by_client_oid(order.CancelOrderByClientOidReq.from_dict(wanted))

    def cancel_all(self, symbol: str) -> None:
        wanted = order.CancelAllOrdersBySymbolReq.from_dict({"symbol": _name(symbol)})
        self.order_api.cancel_all_orders_by_symbol(wanted)

    def open_orders(self, symbol: str) -> dict[str, PlacedOrder]:
        found = self.order_api.get_open_orders(order.GetOpenOrdersReq.from_dict({"symbol": _name(symbol)}))
        return {row.id: _order(row) for row in found.data}

    def done_orders(self, symbol: str) -> dict[str, PlacedOrder]:
        found = self.order_api.get_closed_orders(order.GetClosedOrdersReq.from_dict({"symbol": _name(symbol)}))
        return {row.id: _order(row) for row in found.items}

    def order(self, order_id: str, symbol: str) -> PlacedOrder:
        wanted = {"orderId": order_id, "symbol": _name(symbol)}
        return _order(self.order_api.get_order_by_order_id(order.GetOrderByOrderIdReq.from_dict(wanted)))

    def own_trades(self, symbol: str) -> list[OwnTrade]:
        found = self.order_api.get_trade_history(order.GetTradeHistoryReq.from_dict({"symbol": _name(symbol)}))
        return [
            OwnTrade(
                row.order_id, row.side.value, exact(row.price), exact(row.size), exact(row.funds), exact(row.fee),
                row.liquidity.value == "maker",
            )
            for row in found.items
        ]  # fmt: skip

    def lines(self, window: Window) -> list[Line]:
        wanted: dict[str, Any] = {
            "startAt": window.start_ms, "endAt": window.end_ms, "pageSize": window.size, "currency": window.code,
        }  # fmt: skip
        first = self._ledger_page(wanted, 1)
        pages = [first, *(self._ledger_page(wanted, number) for number in range(2, first.total_page + 1))]
        return [_line(row) for page in pages for row in page.items]

    def _ledger_page(self, wanted: dict[str, Any], number: int) -> Any:
        return self.account.get_spot_ledger(account.GetSpotLedgerReq.from_dict(wanted | {"currentPage": number}))

    def book(self, symbol: str) -> tuple[Levels, Levels]:
        found = self.market.get_full_order_book(market.GetFullOrderBookReq.from_dict({"symbol": _name(symbol)}))
        return _levels(found.bids), _levels(found.asks)

    def quote(self, symbol: str) -> Quote:
        row = self.market.get24hr_stats(market.Get24hrStatsReq.from_dict({"symbol": _name(symbol)}))
        return Quote(exact(row.buy), exact(row.sell), exact(row.last), exact(row.vol))

    def candles(self, symbol: str, start_s: int, end_s: int) -> list[Candle]:
        wanted = {"symbol": _name(symbol), "type": "1min", "startAt": start_s, "endAt": end_s}
        rows = self.market.get_klines(market.GetKlinesReq.from_dict(wanted)).data
        return [
            Candle(int(start), exact(first), exact(high), exact(low), exact(last), exact(volume))
            for start, first, last, high, low, volume, _ in reversed(rows)
        ]

    def prints(self, symbol: str) -> list[Print]:
        rows = self.market.get_trade_history(market.GetTradeHistoryReq.from_dict({"symbol": _name(symbol)})).data
        return [Print(int(row.sequence), row.side.value, exact(row.price), exact(row.size)) for row in rows]

    def create_address(self, code: str, chain: str) -> str:
        wanted = deposit.AddDepositAddressV3Req.from_dict({"currency": code, "chain": chain})
        return str(self.deposit.add_deposit_address_v3(wanted).address)

    def address(self, code: str, chain: str) -> str:
        wanted = deposit.GetDepositAddressV3Req.from_dict({"currency": code, "chain": chain})
        (found,) = self.deposit.get_deposit_address_v3(wanted).data
        return str(found.address)

    def deposits(self, code: str) -> list[Flow]:
        found = self.deposit.get_deposit_history(deposit.GetDepositHistoryReq.from_dict({"currency": code}))
        return [_flow(row) for row in found.items]

    def withdrawals(self, code: str) -> dict[str, Flow]:
        wanted = withdrawal.GetWithdrawalHistoryReq.from_dict({"currency": code})
        return {row.id: _flow(row) for row in self.withdrawal.get_withdrawal_history(wanted).items}

    def quota(self, code: str, chain: str) -> Quota:
        wanted = withdrawal.GetWithdrawalQuotasReq.from_dict({"currency": code, "chain": chain})
        row = self.withdrawal.get_withdrawal_quotas(wanted)
        return Quota(exact(row.available_amount), exact(row.withdraw_min_fee), exact(row.withdraw_min_size))

    def transfer(self, code: str, amount: str, source: str, target: str) -> str:
        wanted = {
            "clientOid": uuid4().hex, "currency": code, "amount": amount, "type": "INTERNAL",
            "fromAccountType": source.upper(), "toAccountType": target.upper(),
        }  # fmt: skip
        return str(self.moving.flex_transfer(transfer.FlexTransferReq.from_dict(wanted)).order_id)

    def withdraw(self, code: str, amount: str, address: str, chain: str) -> str:
        wanted = {"currency": code, "amount": amount, "toAddress": address, "withdrawType": "ADDRESS", "chain": chain}
        return str(self.withdrawal.withdrawal_v3(withdrawal.WithdrawalV3Req.from_dict(wanted)).withdrawal_id)

    def cancel_withdrawal(self, withdrawal_id: str) -> None:
        wanted = withdrawal.CancelWithdrawalReq.from_dict({"withdrawalId": withdrawal_id})
        self.withdrawal.cancel_withdrawal(wanted)


def _name(symbol: str) -> str:
    return symbol.replace("/", "-")


def _order(row: Any) -> PlacedOrder:
    filled = exact(row.deal_size)
    ended = "canceled" if row.cancel_exist else "closed"
    return PlacedOrder(
        "open" if row.active else ended, row.side.value, exact(row.size), filled,
        exact(row.deal_funds) / filled if filled else Decimal(0), exact(row.fee), row.client_oid,
    )  # fmt: skip


def _line(row: Any) -> Line:
    context = json.loads(row.context or "{}")
    sign = -1 if row.direction == "out" else 1
    about = context.get("tradeId", context.get("orderId"))
    return Line(row.currency, sign * exact(row.amount), exact(row.fee), about, row.created_at)


def _flow(row: Any) -> Flow:
    return Flow(STATUSES[row.status.value], exact(row.amount), exact(row.fee))


def _levels(rows: list[list[str]]) -> Levels:
    return [(exact(price), exact(size)) for price, size in rows]
