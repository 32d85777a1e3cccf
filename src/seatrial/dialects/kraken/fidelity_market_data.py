"""Where each behaviour of public market data comes from; a part of `fidelity`."""

from typing import Final

from seatrial.core.provenance import Rule, Source

DOCUMENTED: Final = Source.DOCUMENTED
OBSERVED: Final = Source.OBSERVED
DECIDED: Final = Source.DECIDED

# As in `fidelity`, one rule is one glance.
# fmt: off
MARKET_DATA: Final = (
    Rule("market-data.no-fees", DOCUMENTED,
         "API changelog, 2026-09-08; live on all pairs on 2026-09-19 and 2026-09-25",
         "AssetPairs has `fees` and `fees_maker` as empty lists for every pair; TradeVolume tells the rates."),
    Rule("market-data.trades-page", DOCUMENTED, 'support: "How to retrieve historical time and sales"',
         "Trades gives up to 1000 rows after `since`, oldest first, and `last`: the last row's nanoseconds as text."),
    Rule("market-data.trades-seven-fields", OBSERVED, "answers since November 2022",
         "A Trades row has seven fields, the trade id last; the article's older page shows six."),
    Rule("market-data.trades-since-exclusive", OBSERVED,
         "a recording of 2018; freqtrade and kraken-async-rs page this way; one write-up of 2024 disagrees",
         "`since` excludes the trade at exactly that nanosecond, so `last` can be passed back unchanged."),
    Rule("market-data.trades-count", OBSERVED, "the live checks of ccxt 4.5.90 ask for 12000 rows",
         "A `count` above 1000 gives a page of 1000."),
    Rule("market-data.trades-since-unit", DECIDED, "seconds were seen to work; how the unit is told apart is unknown",
         "A `since` below 100000000000, or with a point, is read as seconds; otherwise as nanoseconds."),
    Rule("market-data.trades-since-zero", DOCUMENTED, 'support: "How to retrieve historical time and sales"',
         "`since=0` starts with the market's first trade."),
    Rule("market-data.trade-ids", OBSERVED, "whole histories of many pairs, 2024",
         "Trade ids count up per pair without a gap."),
    Rule("market-data.trade-times-ascend", DECIDED,
         "the real venue gives trades of one sweep equal times, which its own cursor can then lose",
         "Every trade of a pair has a nanosecond of its own."),
    Rule("market-data.ohlc-720", DOCUMENTED,
         'docs: Get OHLC Data; support: "How to retrieve historical time and sales"',
         "OHLC has 720 candles at most, whatever `since` says; the last of them is running."),
    Rule("market-data.ohlc-intervals", DOCUMENTED, "docs: Get OHLC Data",
         "Intervals are 1, 5, 15, 30, 60, 240, 1440, 10080 and 21600 minutes; others are invalid arguments."),
    Rule("market-data.ohlc-alignment", OBSERVED, "104 weekly candles; for 21600 minutes inferred",
         "Candles start at multiples of their length since the epoch: weeks on Thursdays."),
    Rule("market-data.ohlc-since", OBSERVED, "a recording of 2024 and hummingbot; one report of 2026 says inclusive",
         "OHLC's `since` is exclusive, and `last` is the newest finished candle."),
    Rule("market-data.ohlc-empty", OBSERVED, "141 recorded candles",
         "A candle without trades repeats the close before it, with vwap, volume and count zero."),
    Rule("market-data.vwap-truncated", OBSERVED, "273 recorded candles; rounding would fail 71 of them",
         "vwap is cut off at pair_decimals, not rounded."),
    Rule("market-data.ticker-windows", DOCUMENTED, "docs: Get Ticker Information",
         "Ticker pairs are today since 00:00 UTC and the last 24 hours; `o` is today's first trade."),
    Rule("market-data.ticker-24-hours", OBSERVED, "a recording of a quiet market",
         "The 24 hours end with the last trade: they do not move while nothing is traded."),
    Rule("market-data.ticker-second", DECIDED, "so that what is kept of a day is bounded",
         "The 24 hours begin with a whole second: a trade counts until it is up to a second older."),
    Rule("market-data.ticker-whole-lots", DECIDED, "whole lots were observed; how a part of one counts was not",
         "The best prices' volumes are whole lots, a part of one counted as one."),
    Rule("market-data.ticker-nothing", OBSERVED, "answers of 2026-10-04 about tokenized assets",
         "A side without orders, and the last trade of a market that never had one, show zeros: `0.00000`, `0`, "
         "`0.000`."),
    Rule("market-data.ticker-quiet-day", DECIDED, "never recorded",
         "Without a trade today counts and volumes are zero and prices are the last trade's."),
    Rule("market-data.depth-volume", DECIDED,
         "three decimals were observed; whether the rest is cut or rounded was not",
         "Depth shows volumes with three decimals, the rest cut off."),
    Rule("market-data.level3", DECIDED, "docs: Get Level 3 Order Book does not say what `depth` counts",
         "Level3 shows the orders of so many levels of each side, those of one price as they queue."),
    Rule("market-data.spread-since", DOCUMENTED, "docs: Get Recent Spreads",
         "Spread's `since` is inclusive, in whole seconds; the newest 200 changes are kept, those of times when both "
         "sides had orders."),

    Rule("market-data.grouped-book", DOCUMENTED, "docs: Get Grouped Order Book",
         "GroupedBook adds up the book in levels of `grouping` ticks, asks rounded up and bids down: 10 levels, or as "
         "many as `depth` says."),
    Rule("market-data.grouped-book-depth", DECIDED, "a depth of 2 was seen to be answered, which is not documented",
         "`depth` is any number from 1 to 1000; the `pair` of the answer is called as in other answers."),
    Rule("market-data.pre-trade", DOCUMENTED, "docs: Pre-Trade Data",
         "PreTrade shows the ten best levels of both sides, each with its volume and how many orders it has."),
    Rule("market-data.level-times", DECIDED, "which order's, and what counts as a change, is not documented",
         "A level was submitted with its oldest order and published when an order last came to it or filled."),
    Rule("market-data.post-trade", OBSERVED,
         "a trade of 2026-05-29 recorded by theapemachine/symm; gocryptotrader (2026) for the order and the notations",
         "PostTrade shows trades of one market or of all, the newest first, with nine decimals of a second."),
    Rule("market-data.post-trade-pages", DECIDED, "the documentation has the bounds, not which trades a count keeps",
         "With `from_ts` the first trades after it are shown, without it the newest; without trades `last_ts` is the "
         "moment asked about."),
    Rule("market-data.trade-texts", DECIDED, "whose id a published trade has was not seen",
         "PostTrade's ids have the form of an order's and are neither party's. Token identifiers are given for bitcoin "
         "only, the one that was recorded."),
    Rule("market-data.no-announcements", DECIDED, "a world has nobody who plans ahead",
         "MaintenanceSchedule, `upcoming_maintenance` and `emergency` of SystemStatus are empty."),
)
# fmt: on
