"""Where the behaviour of Kraken's WebSocket comes from: see `seatrial.dialects.kraken.fidelity`."""

from typing import Final

from seatrial.core.provenance import Rule, Source

DOCUMENTED: Final = Source.DOCUMENTED
OBSERVED: Final = Source.OBSERVED
DECIDED: Final = Source.DECIDED

# fmt: off
SOCKET_RULES: Final = (
    Rule("sockets.addresses", DOCUMENTED, "guide: WebSocket introduction; Kraken's pages on the unified WebSocket",
         "Version 2 of the WebSocket is at `/v2`, and at the unified `/v2/public` and `/v2/private`, where "
         "`instrument` needs `asset_class`, which is `spot`."),
    Rule("sockets.hosts", OBSERVED, "recorded refusals",
         "Under the name of one of Kraken's hosts only what that host serves is served; under any other, everything."),
    Rule("sockets.requests", OBSERVED, "recorded replies, 2024 to 2026",
         "Replies have their keys in alphabetical order and echo `req_id`; a list of symbols has one reply for each, "
         "before its snapshot."),
    Rule("sockets.texts", OBSERVED, "recorded refusals; the words of version 1 where none was recorded",
         "Refusals over a WebSocket have texts of their own, such as `Currency pair not supported ETH/QQQ`."),
    Rule("sockets.malformed", DECIDED, "no source",
         "What is no JSON object, or has no text as its method, answers `Malformed request`; binary messages close the "
         "connection with 1003."),
    Rule("sockets.times", DECIDED, "no source names the clock",
         "`time_in` and `time_out` are the world's time, and the same."),
    Rule("sockets.unknown-options", DECIDED, "clients send each other's options",
         "Options of a subscription that its channel does not know are ignored."),
    Rule("sockets.status", OBSERVED, "docs: status; recorded frames",
         "The first frame is the status, which comes again when it changes and not each second; it cannot be "
         "subscribed to."),
    Rule("sockets.heartbeat", DOCUMENTED, "docs: heartbeat",
         "Whoever follows something hears a heartbeat in each second of the computer's time without another frame; a "
         "status is none."),
    Rule("sockets.idle", DOCUMENTED, "guide: WebSocket introduction; Kraken's Rust SDK",
         "A connection that nothing went over for a minute is closed."),
    Rule("sockets.no-upgrade", DECIDED, "RFC 9110; what the venue answers was not recorded",
         "A request for a path of the WebSocket that opens none is answered by HTTP status 426."),
    Rule("sockets.stop", DECIDED, "no source",
         "A server that stops answers the methods that it was asked for, and closes with 1001."),
    Rule("sockets.slow-readers", DECIDED, "no source",
         "Who leaves 8 MiB of frames lying, or takes nothing for a minute, is cut off."),
    Rule("sockets.recovery", DECIDED, "clients connect again after any close code but 1008",
         "When a commit failed or a backup was restored, every connection is told `maintenance` and closed with 1012."),
    Rule("sockets.connection-rate", DOCUMENTED,
         "guide: WebSocket introduction; off by default, because the edge that does it is no part of the API",
         "An address that opened 150 WebSockets in ten minutes opens no other for ten minutes, where that option is "
         "on. Decided: the page that it gets, with 429."),
    Rule("sockets.message-rate", DECIDED, "the frame is recorded, the number is not published",
         "A connection may send 1,000 messages a second; the first one above is answered by `Exceeded msg rate`, the "
         "rest by nothing. A request names 2,000 symbols at most."),
    Rule("sockets.frames", DECIDED, "no source",
         "Nothing is throttled: whatever one command, or one thing that falls due, does to a market is one frame of "
         "each channel, trades first, then ticker, candles and book."),
    Rule("sockets.two-depths", DECIDED, "keys of their own for Kraken's Rust SDK; what the server does is not known",
         "One connection may follow a book at several depths. Its frames do not say which they are of."),
    Rule("sockets.book", DOCUMENTED, "docs: book; guide: book checksum, whose vectors are tests",
         "Nothing is said of a level that better ones push out; what comes back is said again. The checksum is that "
         "of the ten best levels of each side."),
    Rule("sockets.ticker", DECIDED, "shape and triggers are documented, the window's rules are those of REST",
         "The day of a ticker ends with the last trade; `vwap` is cut off at the tick, `change_pct` rounded to two "
         "decimals; a side without orders shows zeros."),
    Rule("sockets.trade-snapshot", DOCUMENTED, "docs: trade", "A snapshot has the last 50 trades, if it is asked for."),
    Rule("sockets.candles", DECIDED, "how many rows a snapshot has and the usual interval are not documented",
         "A snapshot has up to 720 candles, only intervals with trades; the interval is a minute where none is said."),
    Rule("sockets.token", DECIDED, "how long it is good is documented, which right its key needs is not",
         "A token opens `executions`, `balances` and `level3` within 15 minutes and stays good while a connection "
         "follows one of them. Its key needs the right to see open orders, for `balances` that to see funds, or the "
         "answer is `EGeneral:Permission denied`."),
    Rule("sockets.level3", DOCUMENTED, "docs: level3; guide: level 3 checksum, whose vector is a test",
         "`level3` tells of each order of the best levels, its queue and its end, at one depth for each market; what "
         "comes into sight is added whole, and of what is pushed out nothing is said."),
    Rule("sockets.level3-limits", OBSERVED, "docs: level3; the text was recorded in 2026",
         "A connection follows 200 books order by order, and may ask for so many in a second of the computer's time "
         "as its tier's counter has room for."),
    Rule("sockets.level3-hosts", DECIDED, "docs: level3; api-go still asks ws-auth; Kraken's unified pages",
         "`level3` is served at ws-l3.kraken.com, which serves nothing else, and with a token at ws-auth.kraken.com "
         "and both unified addresses."),
    Rule("sockets.level3-times", DECIDED, "the page says when an order was placed or last amended",
         "The time of a resting order is when it came to rest, last filled or got smaller, as in Level3 over REST; the "
         "house's orders have ids that no call finds."),
    Rule("sockets.executions", OBSERVED, "recorded rows, 2024 to 2026; kraken-cli for the end of an order",
         "An order is told as `pending_new` and `new`, each fill as `trade`, and its end as `filled`, `canceled` or "
         "`expired`, each row in a frame of its own."),
    Rule("sockets.executions-snapshot", DECIDED, "open orders of a snapshot were not recorded",
         "Orders and fills are snapshots of their own, orders first. An order is shown as when it was new, with what "
         "is filled of it."),
    Rule("sockets.executions-refused", DECIDED, "whether there is a `new` between was not recorded",
         "An order that the book refuses, such as a post-only one that would take, is `pending_new` and `canceled`."),
    Rule("sockets.ratecounter", DECIDED, "the option is documented, its field is not; version 1 calls it so",
         "With `ratecounter` rows of orders have `ratecount`: how high the counter of their market was when their "
         "command had been counted."),
    Rule("sockets.users", DECIDED, "the option is documented, what stands in the field is not",
         "Who follows the users `all` has no snapshot, and rows have `user`: the number of the account."),
    Rule("sockets.restated", DECIDED, "its meaning is documented, its fields were not recorded",
         "An order that the exchange makes smaller is told as `restated`, with `amended`."),
    Rule("sockets.balances", DOCUMENTED, "docs: balances; captures of 2024",
         "`balances` shows what an account has, and then each entry of its ledger in a frame of its own, with the id "
         "and reference that Ledgers shows."),
    Rule("sockets.balances-rows", DECIDED, "the words are listed, what each is of is not",
         "Trades have no subtype there. What earns rewards is the wallet `earn`/`liquid` of its asset; what comes back "
         "from it is a `transfer`, category `staking-rewards`. Withdrawals on their way still count."),
    Rule("sockets.order-of-channels", DECIDED, "no source",
         "Of what one command did, `executions` are told before `balances`."),
    Rule("sockets.deadline", DOCUMENTED, "docs: add_order",
         "A `deadline` over a WebSocket is half a second to a minute ahead. Without one an order has 5 seconds, which "
         "never pass, since it is placed when it is read."),
    Rule("sockets.fees-in-dollars", DECIDED, "no source says by which price",
         "`fee_usd_equiv` is 0 in markets that are not quoted in dollars."),
    Rule("sockets.methods", DECIDED, "the texts of the validator beside two were not recorded",
         "The methods are checked, counted and refused as their twins over REST; unknown names and numbers sent as "
         "texts are refused in words of their own."),
    Rule("sockets.amendments", OBSERVED, "recorded rows of `amended`; `validate` with it is decided",
         "An amendment is told as `amended`, before whatever it leads to; with `validate` the `amend_id` is empty."),
    Rule("sockets.batches", DECIDED, "the documentation, a recording of 2024 and clients disagree",
         "`batch_add` gives a list of ids and errors and is a success whatever became of its orders; `batch_cancel` "
         "says the count as `count` and as `orders_cancelled`."),
    Rule("sockets.market-time-in-force", DECIDED, "clients send `GTC` with every order",
         "`time_in_force` of a market order is ignored over a WebSocket."),
    Rule("sockets.validate", DOCUMENTED, "Kraken's Rust SDK",
         "With `validate` an order is only checked, and its id is empty."),
    Rule("sockets.cancel-replies", DOCUMENTED, "docs: cancel_order; kraken-cli counts them",
         "Each order that `cancel_order` names has a reply of its own."),
    Rule("sockets.instrument", DECIDED, "the fields are documented, what stands in two of them is not",
         "`margin_initial` is what the highest leverage leaves to pay; pairs with leverage have an index."),
)
# fmt: on
"""All of them."""
