"""KuCoin's codes: how each refusal is spelled, and the HTTP status that goes with a code.

Source: kucoin-rest#system-codes, kucoin-rest#trading-codes and kucoin-rest#messages, whose texts are what clients match
on.
"""

from typing import Final, NamedTuple

from seatrial.core.rejects import Reject


class Error(NamedTuple):
    """One refusal on the wire."""

    code: str
    message: str

    @property
    def status(self) -> int:
        """The HTTP status: 200 for every business error. Source: kucoin-rest#http-status."""
        return STATUSES.get(self.code, 200)


class BadCall(Exception):
    """A call that cannot be carried out, with the venue's answer to it."""

    def __init__(self, error: Error) -> None:
        super().__init__(error)
        self.error = error


MISSING_HEADERS: Final = Error(
    "400001",
    "Please check the header of your request for KC-API-KEY, KC-API-SIGN, KC-API-TIMESTAMP, KC-API-PASSPHRASE",
)
INVALID_TIMESTAMP: Final = Error("400002", "Invalid KC-API-TIMESTAMP")
UNKNOWN_KEY: Final = Error("400003", "KC-API-KEY not exists")
INVALID_PASSPHRASE: Final = Error("400004", "Invalid KC-API-PASSPHRASE")
INVALID_SIGNATURE: Final = Error("400005", "Invalid KC-API-SIGN")
PERMISSION_DENIED: Final = Error("400007", "Access denied, require more permission.")
INVALID_VERSION: Final = Error("400009", "Invalid KC-API-KEY-VERSION")
PARAMETER: Final = Error("400100", "Parameter Error")
NOT_FOUND: Final = Error("404000", "Url Not Found")
METHOD_NOT_ALLOWED: Final = Error("405000", "Method Not Allowed")
"""Source of the status: kucoin-rest#http-status. Decided: its code, after the pattern of 404000 and 415000."""
MEDIA_TYPE: Final = Error("415000", "Unsupported Media Type")
TOO_MANY_REQUESTS: Final = Error("429000", "Too Many Requests")
UNAVAILABLE: Final = Error("500000", "Internal Server Error")
MAINTENANCE: Final = Error("500000", "The system is under maintenance.")

OUT_OF_RANGE: Final = Error(PARAMETER.code, "not in the given range!")
"""Source: kucoin-rest#messages, the answer to an unknown `bizType`."""
UNKNOWN_SYMBOL: Final = Error("900001", "Symbol does not exist")
UNSUPPORTED_PAIR: Final = Error(PARAMETER.code, "Unsupported trading pair.")
UNKNOWN_CHAIN: Final = Error("900014", "Invalid chainId")
CLIENT_OID_REQUIRED: Final = Error(PARAMETER.code, "validation.createOrder.clientOidIsRequired")
UNKNOWN_ORDER: Final = Error(PARAMETER.code, "order not exist.")
UNKNOWN_ACCOUNT: Final = Error(PARAMETER.code, "account not exist.")
UNKNOWN_SUB_ACCOUNT: Final = Error(PARAMETER.code, "sub-account not exist.")
TOO_MANY_SUB_ACCOUNTS: Final = Error(PARAMETER.code, "The number of sub-accounts has reached its limit.")
UNKNOWN_WITHDRAWAL: Final = Error(PARAMETER.code, "withdrawal not exist.")
NOT_CANCELABLE: Final = Error(PARAMETER.code, "order_not_exist_or_not_allow_to_cancel")
HF_NOT_CANCELABLE: Final = Error(PARAMETER.code, "Order not exist or not allow to be cancelled")
"""Source of both texts: kucoin-rest#ccxts-table. Decided: the second is that of the HF endpoints."""
SIZE_INCREMENT: Final = Error(PARAMETER.code, "Order size increment invalid.")
PRICE_INCREMENT: Final = Error(PARAMETER.code, "Price increment invalid.")
FUNDS_INCREMENT: Final = Error(PARAMETER.code, "Funds increment invalid.")
"""Recorded: kucoin-php-sdk #102 and #112 (2021) for sizes, #126 (2022-05) for prices. Decided: the same code for funds,
whose text of 2022-01 came without one."""
SIZE_MISSING: Final = Error("300000", "Order size invalid.")
PRICE_MISSING: Final = Error("300000", "Order price invalid.")
"""Recorded: 2021-05 for a market order with neither size nor funds, 2021-02 for a limit order without a price."""
HIDDEN_ORDER: Final = Error("300000", "Hidden and iceberg orders are not available.")
STOP_ORDER: Final = Error("300000", "Stop orders are not available here.")
ABOVE_MAXIMUM_PRICE: Final = "400370"
BELOW_MINIMUM_PRICE: Final = "400760"
NO_MARGIN: Final = Error("101030", "You haven't yet enabled the margin trading")
"""Source: kucoin-rest#ccxts-table."""
TOO_MANY_ORDERS: Final = Error("200003", "Too many orders.")
ADDRESS_EXISTS: Final = Error("260000", "Deposit address already exists.")
NO_ADDRESS: Final = Error("260220", "Deposit address does not exist.")
NO_INNER_WITHDRAWAL: Final = Error(PARAMETER.code, "Only withdrawals to an address are available here.")
WITHDRAWAL_GOES_ON: Final = Error(PARAMETER.code, "The withdrawal can no longer be cancelled.")
BALANCE: Final = Error("200004", "Balance insufficient!")
TRANSFER_BALANCE: Final = Error("230003", "Balance insufficient!")
FUNDS_TOO_SMALL: Final = Error("600101", "The order funds is below the minimum requirement.")
DUPLICATE_CLIENT_OID: Final = Error(PARAMETER.code, "validation.createOrder.clientOidDuplicated")
"""Recorded: Kucoin.Net #120 (2022-02)."""
HF_DUPLICATE_CLIENT_OID: Final = Error("102426", "clientOid is duplicated.")

STATUSES: Final = {
    MISSING_HEADERS.code: 400,
    INVALID_TIMESTAMP.code: 400,
    UNKNOWN_KEY.code: 401,
    INVALID_PASSPHRASE.code: 401,
    INVALID_SIGNATURE.code: 401,
    "400006": 403,
    PERMISSION_DENIED.code: 403,
    INVALID_VERSION.code: 400,
    NOT_FOUND.code: 404,
    METHOD_NOT_ALLOWED.code: 405,
    MEDIA_TYPE.code: 415,
    TOO_MANY_REQUESTS.code: 429,
    UNAVAILABLE.code: 503,
}
"""Only these are not 200: some clients read a code only from HTTP 200. Source: kucoin-rest#http-status."""

SPELLING: Final = {
    Reject.ACCOUNT_UNKNOWN: UNKNOWN_KEY,
    Reject.ACCOUNT_NAME_TAKEN: Error(PARAMETER.code, "subName is taken."),
    Reject.ACCOUNT_NOT_OWNED: UNKNOWN_SUB_ACCOUNT,
    Reject.KEY_UNKNOWN: UNKNOWN_KEY,
    Reject.KEY_TAKEN: Error(PARAMETER.code, "apiKey is taken."),
    Reject.NONCE_USED: INVALID_TIMESTAMP,
    Reject.EXCHANGE_CLOSED: MAINTENANCE,
    Reject.ASSET_UNKNOWN: Error(PARAMETER.code, "currency not in the given range!"),
    Reject.ASSET_READ_ONLY: Error(PARAMETER.code, "currency not in the given range!"),
    Reject.MARKET_UNKNOWN: UNKNOWN_SYMBOL,
    Reject.MARKET_CANCEL_ONLY: Error("200001", "Order creation for this pair suspended"),
    Reject.MARKET_POST_ONLY: Error("600203", "Symbol cannot be traded"),
    Reject.MARKET_LIMIT_ONLY: Error("600203", "Symbol cannot be traded"),
    Reject.MARKET_REDUCE_ONLY: Error("200001", "Order creation for this pair suspended"),
    Reject.CLIENT_ID_IN_USE: DUPLICATE_CLIENT_OID,
    Reject.QTY_OUT_OF_RANGE: Error(PARAMETER.code, "size not in the given range!"),
    Reject.PRICE_OUT_OF_RANGE: Error(PARAMETER.code, "price not in the given range!"),
    Reject.NOTHING_TO_AMEND: PARAMETER,
    Reject.PRICE_OUT_OF_BAND: Error(ABOVE_MAXIMUM_PRICE, "price not in the given range!"),
    Reject.QTY_BELOW_MINIMUM: Error(PARAMETER.code, "Order size below the minimum requirement."),
    Reject.COST_BELOW_MINIMUM: FUNDS_TOO_SMALL,
    Reject.POST_ONLY_WOULD_TAKE: Error("300000", "The order would take liquidity, but it is post-only."),
    Reject.INSUFFICIENT_FUNDS: BALANCE,
    Reject.TOO_MANY_OPEN_ORDERS: TOO_MANY_ORDERS,
    Reject.ORDER_UNKNOWN: NOT_CANCELABLE,
    Reject.METHOD_UNKNOWN: UNKNOWN_CHAIN,
    Reject.TOO_MANY_ADDRESSES: ADDRESS_EXISTS,
    Reject.DESTINATION_UNKNOWN: Error("260325", "The withdrawal address is not in the whitelist."),
    Reject.DESTINATION_NAME_TAKEN: Error(PARAMETER.code, "remark is taken."),
    Reject.DESTINATION_DIFFERS: Error("260325", "The withdrawal address is not in the whitelist."),
    Reject.SAME_WALLET: Error(PARAMETER.code, "The two accounts are the same one."),
    Reject.AMOUNT_INVALID: Error(PARAMETER.code, "The withdrawal amount is below the minimum requirement."),
    Reject.AMOUNT_ABOVE_BALANCE: Error("260100", "account.noBalance"),
    Reject.FEE_ABOVE_MAXIMUM: Error(PARAMETER.code, "fee not in the given range!"),
    Reject.TRANSFER_UNKNOWN: UNKNOWN_WITHDRAWAL,
    Reject.STEP_NOT_ALLOWED: WITHDRAWAL_GOES_ON,
}
"""Every refusal, and what KuCoin says. A test holds this table against the enum.

Source of the codes: kucoin-rest#trading-codes and kucoin-rest#messages. Decided: the texts that neither has.
"""


def foreign_address(address: str) -> Error:
    """The refusal of a call from an address that the key does not list. Source: kucoin-rest#addresses-of-a-key."""
    return Error("400006", f"Invalid request ip, the current clientIp is: {address}")


def out_of_range(name: str) -> Error:
    """The refusal of a value that the parameter cannot have. Source: kucoin-rest#messages; ccxt, `price not in …`."""
    return Error(OUT_OF_RANGE.code, f"{name} {OUT_OF_RANGE.message}")


def missing(name: str) -> Error:
    """The refusal of a call without a parameter that it needs. Decided: the text."""
    return Error(PARAMETER.code, f"{name} can not be empty")


def unknown_symbol(name: str) -> Error:
    """The refusal of a symbol that is none. Recorded: the symbol call's answer, 2026; decided: that of the others."""
    return Error(UNKNOWN_SYMBOL.code, f"Trading pair {name} does not exist.")


def malformed(name: str) -> Error:
    """The refusal of a text that is no such value at all.

    Source: kucoin-rest#system-codes; decided: where the name stands.
    """
    return Error(PARAMETER.code, f"Invalid Parameter. {name}")


HF_SPELLING: Final = SPELLING | {
    Reject.CLIENT_ID_IN_USE: HF_DUPLICATE_CLIENT_OID,
    Reject.ORDER_UNKNOWN: HF_NOT_CANCELABLE,
}
"""Where the high-frequency endpoints have words of their own. Source: kucoin-rest#trading-codes and
kucoin-rest#ccxts-table."""
PART_SPELLING: Final = HF_SPELLING | {Reject.QTY_OUT_OF_RANGE: out_of_range("cancelSize")}
"""The same where a part of an order is cancelled."""
