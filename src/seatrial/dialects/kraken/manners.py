"""What Kraken did when. The form of an answer is that of the day of the call, what a row says that of its own day.

The ladders of fees have their days in the catalogue, `fees/by-volume.csv`; a test holds them to those named here. New
parameters are taken on any day: a client that sends them knows them.
"""

from typing import Final

from seatrial.dialects.dated import since

TRADE_IDS: Final = since(
    "2022-11", "Rows of Trades",
    before="six fields", after="a seventh, the trade id", where="recorded answers of both kinds",
)  # fmt: skip
OLDER_LADDER: Final = since(
    "2024", "Fees of crypto pairs",
    before="0.26 % and 0.16 % on the first of 9 rungs", after="0.40 % and 0.25 % on the first of 12",
    where="AssetPairs of the documentation, before and after; the day lies in 2023 or 2024 and is not known",
)  # fmt: skip
WITHDRAWAL_FIELDS: Final = since(
    "2024", "WithdrawStatus",
    before="neither `key` nor `network`", after="`key` and `network`",
    where='ccxt recorded them in May 2024; support: "Possible status values for deposit/withdrawal transactions"',
)  # fmt: skip
ONLY_GET: Final = since(
    "2024-01-31", "Public methods",
    before="GET, or POST with the parameters in the body", after="GET; others get HTTP status 405",
    where="a field report of January 2024",
)  # fmt: skip
TRADE_SUBTYPE: Final = since(
    "2025", "Ledger entries of trades",
    before="no subtype", after="`tradespot`",
    where="rows of 2024 without it, of 2025-03 and 2026 with it, in public clients; the day is not known",
)  # fmt: skip
MINIMUM_TEXT: Final = since(
    "2025", "A volume below ordermin",
    before="`EGeneral:Invalid arguments:volume`", after="`EGeneral:Invalid arguments:volume minimum not met`",
    where="Kraken.Net #31 (2021-05) and #100 (2024-04), node-kraken-api #14 (2024-03); many reports of 2025 and 2026",
)  # fmt: skip
PAIR_CLASS: Final = since(
    "2025", "`descr` of an order",
    before="no `aclass`", after="`aclass`",
    where="an output of October 2025 has it, samples of 2024 do not; the day is not known",
)  # fmt: skip
REBATES: Final = since(
    "2025-07", "Fees of pairs with a maker's rebate",
    before="those of all crypto pairs", after="makers pay less, and get something from 10 million dollars on",
    where="Kraken's blog, July 2025: it began at the end of June",
)  # fmt: skip
AMENDS: Final = since(
    "2024-09", "AmendOrder and OrderAmends",
    before="`EGeneral:Unknown method`", after="answered", where="API changelog; the day is not known",
)  # fmt: skip
FULL_BOOKS: Final = since(
    "2025-12-15", "Level3 and GroupedBook",
    before="`EGeneral:Unknown method`", after="answered", where="API changelog",
)  # fmt: skip
GONE_ORDERS: Final = since(
    "2026", "Cancelling an order that is not open",
    before="`EOrder:Unknown order`", after="`EOrder:Invalid order`",
    where="older tables of clients (zenbot 2017, hummingbot); notes of Kraken's Rust SDK, 2026; the day is not known",
)  # fmt: skip
ORDER_FIELDS: Final = since(
    "2026", "Orders",
    before="no `time_in_force`; `userref` 0 where an order has none",
    after="`time_in_force`; `userref` null beside a `cl_ord_id`",
    where="an output of October 2025, five recordings of 2021 to 2025; an order of 2026-06-04 in Kraken's Rust SDK",
)  # fmt: skip
TRADE_FIELDS: Final = since(
    "2026", "Own trades",
    before="neither `aclass` nor `tradeordertype`", after="both",
    where="docs: Get Trades History, its example; a trade of 2026-06-27 in Kraken's Rust SDK; the day is not known",
)  # fmt: skip
METHOD_IDS: Final = since(
    "2026", "WithdrawMethods",
    before="`asset`, `method`, `network`, `minimum`", after="`method_id`, `network_id` and `fee` besides",
    where="docs: Get Withdrawal Methods; Kraken.Net 8.1.0 (2026-07-09), go-kraken; the day is not known",
)  # fmt: skip
WALLETS: Final = since(
    "2026", "ListWalletAccounts",
    before="`EGeneral:Unknown method`", after="answered", where="API changelog; the day is not known",
)  # fmt: skip
KEY_INFO: Final = since(
    "2026-03-11", "GetApiKeyInfo",
    before="`EGeneral:Unknown method`", after="answered", where="API changelog",
)  # fmt: skip
FILL_OR_KILL: Final = since(
    "2026-05-12", "`timeinforce` FOK",
    before="an invalid argument", after="taken", where="API changelog",
)  # fmt: skip
SCHEDULES: Final = since(
    "2026-06-16", "`fee_schedule` of TradeVolume",
    before="ignored", after="adds `schedules`", where="API changelog",
)  # fmt: skip
NEWER_LADDER: Final = since(
    "2026-07-09", "Fees of crypto pairs",
    before="0.40 % and 0.25 % on the first of 12 rungs, by volume",
    after="0.80 % and 0.40 % on the first of 17, by the best of spot volume, futures volume and assets on platform",
    where='support: "Cross-platform fee tier changes", updated 2026-07-09',
)  # fmt: skip
VOLUME_INPUTS: Final = since(
    "2026-07-09", "TradeVolume",
    before="neither `asset_class` nor `inputs`", after="both",
    where="Kraken.Net 8.1.0, go-kraken's live answers; that it was that day is inferred",
)  # fmt: skip
MAINTENANCE: Final = since(
    "2026-09-01", "Announced maintenance",
    before="SystemStatus has a status and a time; MaintenanceSchedule is `EGeneral:Unknown method`",
    after="`upcoming_maintenance` and `emergency` in SystemStatus and `status`; MaintenanceSchedule is answered",
    where="API changelog, as two repositories cite it",
)  # fmt: skip
NO_LADDERS: Final = since(
    "2026-09-08", "AssetPairs",
    before="`fees` and `fees_maker` are ladders, the second one only where makers pay otherwise",
    after="both are empty lists for every pair",
    where="API changelog; live on all pairs on 2026-09-19 and 2026-09-25",
)  # fmt: skip

CHANGES: Final = (
    TRADE_IDS, OLDER_LADDER, WITHDRAWAL_FIELDS, ONLY_GET, AMENDS, TRADE_SUBTYPE, MINIMUM_TEXT, PAIR_CLASS, REBATES,
    FULL_BOOKS, GONE_ORDERS, ORDER_FIELDS, TRADE_FIELDS, METHOD_IDS, WALLETS, KEY_INFO, FILL_OR_KILL, SCHEDULES,
    NEWER_LADDER, VOLUME_INPUTS, MAINTENANCE, NO_LADDERS,
)  # fmt: skip
"""All of them, in their order."""
LADDERS: Final = {"crypto": (OLDER_LADDER, NEWER_LADDER), "crypto_rebate": (OLDER_LADDER, REBATES)}
"""By schedule, those that the catalogue has ladders for."""
