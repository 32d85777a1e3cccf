"""Where the behaviour of orders that are amended, edited or sent in batches comes from: a part of `fidelity.py`."""

from typing import Final

from seatrial.core.provenance import Rule, Source

DOCUMENTED: Final = Source.DOCUMENTED
OBSERVED: Final = Source.OBSERVED
DECIDED: Final = Source.DECIDED

# fmt: off
AMENDING: Final = (
    Rule("orders.amend-place", DOCUMENTED, "guide: Order amends",
         "An amended order keeps its id and its fills, and its place where only its quantity falls; with more quantity "
         "or another limit it goes to the back, and may trade at once. Below what is filled the rest is canceled."),
    Rule("orders.amend-post-only", DECIDED, "documented for the parameter, not for a post-only order that is amended",
         "An amendment with `post_only`, or of a post-only order, that would take answers `EOrder:Post only order` and "
         "changes nothing."),
    Rule("orders.amend-nothing", DECIDED, "Kraken's Rust SDK: it is an error, whose text is not known",
         "An amendment that changes nothing answers `EGeneral:Invalid arguments:no amendable parameters`."),
    Rule("orders.amend-validate", DECIDED, "not documented for amendments; clients ask for it over the WebSocket",
         "With `validate` an amendment is checked as an order is, and changes nothing."),
    Rule("orders.amended", DOCUMENTED, "docs: Get Open Orders for `misc`; that `amended` appears only so is decided",
         "An order that was amended shows `amended` in `misc` and `amended` true."),
    Rule("orders.amends", OBSERVED, "kraken-async-rs's record of October 2024",
         "OrderAmends lists the original first, under a `T` id of its own, then each amendment with its reason "
         "`User requested`."),
    Rule("orders.amends-time", DECIDED, "documentation and go-kraken have nanoseconds, one record milliseconds",
         "`timestamp` of an amendment is in nanoseconds."),
    Rule("orders.edit", OBSERVED, "kraken-async-rs's record of 2023-11",
         "EditOrder ends an order as `Order replaced` and places another one, in one step or not at all; `price` is "
         "shown as it was sent, and flags carry over but for `post`, the userref does not."),
    Rule("orders.edit-rest", DECIDED, "not known: all of the new volume, or what is left of it",
         "The volume of an edited order counts what was filled: the new order is for the rest, and a volume that "
         "leaves none answers `EGeneral:Invalid arguments:volume`."),
    Rule("orders.edit-errors", DECIDED, "a reply with `error_message` is documented and was never recorded",
         "What EditOrder refuses is an error of the call; an order with a `cl_ord_id` answers `EOrder:Invalid order`, "
         "a userref that several have `EGeneral:Invalid arguments:txid`."),
    Rule("orders.batch", DOCUMENTED, "docs: Add Order Batch; Kraken's Rust SDK",
         "2 to 15 orders of one pair: one that is wrong in itself refuses all; what funds or the limit of open orders "
         "refuse is an `error` in its row."),
    Rule("orders.cancel-batch", DECIDED, "whether a batch of unknown ids is an error is not known",
         "CancelOrderBatch takes 50 names at most and counts those that were open, which may be none."),
)
# fmt: on
"""In the order in which they are published."""
