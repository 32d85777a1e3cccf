"""How Kraken spells each refusal. Source: kraken-rest#general-errors and the sections that follow it there."""

from typing import Final

from seatrial.core.rejects import Reject
from seatrial.dialects.kraken import manners

BAD_REQUEST: Final = "EAPI:Bad request"
INVALID_ARGUMENTS: Final = "EGeneral:Invalid arguments"
INVALID_KEY: Final = "EAPI:Invalid key"
INVALID_SIGNATURE: Final = "EAPI:Invalid signature"
INVALID_NONCE: Final = "EAPI:Invalid nonce"
RATE_LIMIT: Final = "EAPI:Rate limit exceeded"
ORDER_RATE_LIMIT: Final = "EOrder:Rate limit exceeded"
PERMISSION_DENIED: Final = "EGeneral:Permission denied"
UNKNOWN_METHOD: Final = "EGeneral:Unknown method"
UNKNOWN_PAIR: Final = "EQuery:Unknown asset pair"
UNKNOWN_ASSET: Final = "EQuery:Unknown asset"
UNKNOWN_FUNDING_ASSET: Final = "EFunding:Unknown asset"
INVALID_ORDER: Final = "EOrder:Invalid order"
INVALID_REFERENCE: Final = "EFunding:Invalid reference id"
INVALID_AMOUNT: Final = "EFunding:Invalid amount"
UNAVAILABLE: Final = "EService:Unavailable"
DEADLINE: Final = "EService:Deadline elapsed"

_UNNAMED: Final = frozenset(("aclass_base", "fee_schedule", "interval"))
"""Source: probes of 2026 with `AssetPairs?aclass_base=equity`, `fee_schedule=True` and `OHLC?interval=360`."""

SPELLING: Final = {
    Reject.ACCOUNT_UNKNOWN: INVALID_KEY,
    Reject.ACCOUNT_NAME_TAKEN: "EGeneral:Invalid arguments",
    Reject.ACCOUNT_NOT_OWNED: "EGeneral:Permission denied",
    Reject.KEY_UNKNOWN: INVALID_KEY,
    Reject.KEY_TAKEN: "EGeneral:Invalid arguments",
    Reject.NONCE_USED: INVALID_NONCE,
    Reject.EXCHANGE_CLOSED: UNAVAILABLE,
    Reject.ASSET_UNKNOWN: UNKNOWN_FUNDING_ASSET,
    Reject.ASSET_READ_ONLY: "EFunding:No funding method",
    Reject.MARKET_UNKNOWN: UNKNOWN_PAIR,
    Reject.MARKET_CANCEL_ONLY: "EService:Market in cancel_only mode",
    Reject.MARKET_POST_ONLY: "EService:Market in post_only mode",
    Reject.MARKET_LIMIT_ONLY: "EService:Market in limit_only mode",
    Reject.MARKET_REDUCE_ONLY: "EService:Market in reduce_only mode",
    Reject.CLIENT_ID_IN_USE: "EGeneral:Invalid arguments:cl_ord_id",
    Reject.QTY_OUT_OF_RANGE: "EGeneral:Invalid arguments:volume",
    Reject.PRICE_OUT_OF_RANGE: "EOrder:Invalid price",
    Reject.PRICE_OUT_OF_BAND: "EOrder:Invalid price",
    Reject.NOTHING_TO_AMEND: "EGeneral:Invalid arguments:no amendable parameters",
    Reject.QTY_BELOW_MINIMUM: "EGeneral:Invalid arguments:volume minimum not met",
    Reject.COST_BELOW_MINIMUM: "EOrder:Cost minimum not met",
    Reject.POST_ONLY_WOULD_TAKE: "EOrder:Post only order",
    Reject.INSUFFICIENT_FUNDS: "EOrder:Insufficient funds",
    Reject.TOO_MANY_OPEN_ORDERS: "EOrder:Orders limit exceeded",
    Reject.ORDER_UNKNOWN: INVALID_ORDER,
    Reject.METHOD_UNKNOWN: "EFunding:No funding method",
    Reject.TOO_MANY_ADDRESSES: "EFunding:Too many addresses",
    Reject.DESTINATION_UNKNOWN: "EFunding:Unknown withdraw key",
    Reject.DESTINATION_NAME_TAKEN: "EGeneral:Invalid arguments",
    Reject.DESTINATION_DIFFERS: "EFunding:Invalid withdrawal address",
    Reject.SAME_WALLET: "EGeneral:Invalid arguments",
    Reject.AMOUNT_INVALID: INVALID_AMOUNT,
    Reject.AMOUNT_ABOVE_BALANCE: INVALID_AMOUNT,
    Reject.FEE_ABOVE_MAXIMUM: "EFunding:Max fee exceeded",
    Reject.TRANSFER_UNKNOWN: "EFunding:Unknown reference id",
    Reject.STEP_NOT_ALLOWED: "EGeneral:Invalid arguments",
}
"""Every refusal, and the words for it. A test holds this table against the enum."""

OLDER_SPELLING: Final = {
    Reject.ORDER_UNKNOWN: (manners.GONE_ORDERS, "EOrder:Unknown order"),
    Reject.QTY_BELOW_MINIMUM: (manners.MINIMUM_TEXT, "EGeneral:Invalid arguments:volume"),
}
"""The words of the days before they changed."""


class BadCall(Exception):
    """A call that cannot be understood or carried out, with the venue's words for it."""

    def __init__(self, error: str) -> None:
        super().__init__(error)
        self.error = error


def bad_argument(name: str) -> BadCall:
    """The refusal of one argument, by its name. Source: kraken-rest#general-errors; kraken-orders#checks.

    Decided: all are named but those that were seen without their names.
    """
    return BadCall(INVALID_ARGUMENTS if name in _UNNAMED else f"{INVALID_ARGUMENTS}:{name}")
