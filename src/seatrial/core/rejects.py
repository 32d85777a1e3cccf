"""All that can be refused."""

from enum import StrEnum


class Reject(StrEnum):
    """Why a command changed nothing, in order of precedence: the first that applies is the answer.

    Source of the order of an order's checks: kraken-orders#checks.
    """

    ACCOUNT_UNKNOWN = "account_unknown"
    ACCOUNT_NAME_TAKEN = "account_name_taken"
    ACCOUNT_NOT_OWNED = "account_not_owned"
    KEY_UNKNOWN = "key_unknown"
    KEY_TAKEN = "key_taken"
    NONCE_USED = "nonce_used"
    EXCHANGE_CLOSED = "exchange_closed"
    ASSET_UNKNOWN = "asset_unknown"
    ASSET_READ_ONLY = "asset_read_only"
    MARKET_UNKNOWN = "market_unknown"
    MARKET_CANCEL_ONLY = "market_cancel_only"
    MARKET_POST_ONLY = "market_post_only"
    MARKET_LIMIT_ONLY = "market_limit_only"
    MARKET_REDUCE_ONLY = "market_reduce_only"
    CLIENT_ID_IN_USE = "client_id_in_use"
    QTY_OUT_OF_RANGE = "qty_out_of_range"
    PRICE_OUT_OF_RANGE = "price_out_of_range"
    PRICE_OUT_OF_BAND = "price_out_of_band"
    NOTHING_TO_AMEND = "nothing_to_amend"
    QTY_BELOW_MINIMUM = "qty_below_minimum"
    COST_BELOW_MINIMUM = "cost_below_minimum"
    POST_ONLY_WOULD_TAKE = "post_only_would_take"
    INSUFFICIENT_FUNDS = "insufficient_funds"
    TOO_MANY_OPEN_ORDERS = "too_many_open_orders"
    ORDER_UNKNOWN = "order_unknown"
    METHOD_UNKNOWN = "method_unknown"
    TOO_MANY_ADDRESSES = "too_many_addresses"
    DESTINATION_UNKNOWN = "destination_unknown"
    DESTINATION_NAME_TAKEN = "destination_name_taken"
    DESTINATION_DIFFERS = "destination_differs"
    SAME_WALLET = "same_wallet"
    AMOUNT_INVALID = "amount_invalid"
    AMOUNT_ABOVE_BALANCE = "amount_above_balance"
    FEE_ABOVE_MAXIMUM = "fee_above_maximum"
    TRANSFER_UNKNOWN = "transfer_unknown"
    STEP_NOT_ALLOWED = "step_not_allowed"
