"""Where each behaviour of the KuCoin dialect comes from.

In `where`, *docs* is a page of KuCoin's API documentation, *specification* the machine-readable one behind its
universal SDK, and a client's name means its code, its recorded answers, or that it was run against this.
"""

from typing import Final

from seatrial.core.provenance import Rule, Source

DOCUMENTED: Final = Source.DOCUMENTED
OBSERVED: Final = Source.OBSERVED
DECIDED: Final = Source.DECIDED

# One rule is one glance: its origin above, the behaviour below.
# fmt: off
RULES: Final = (
    Rule("transport.envelope", DOCUMENTED, "docs: Errors, Success",
         'A success is `code` "200000" and `data`, a refusal is `code` and `msg`; codes are always texts.'),
    Rule("transport.status", OBSERVED, "issue threads; the universal SDK reads a code only from HTTP 200",
         "Business errors are answered with HTTP 200; headers, time and version of a key with 400, an unknown key, a "
         "passphrase or a signature with 401, an address or a permission with 403, a quota with 429."),
    Rule("transport.unknown-path", DOCUMENTED, "docs: Errors", "A path that is none answers 404 and `404000`."),
    Rule("transport.unknown-verb", DECIDED, "the status is documented, the code is not",
         "A known path with another verb answers 405 and `405000`."),
    Rule("transport.media-type", DOCUMENTED, "docs: Errors",
         "A body that is not declared as JSON answers 415 and `415000`; an empty body needs no declaration."),
    Rule("transport.unknown-parameters", OBSERVED, "ccxt, python-kucoin and kucoin-python send such fields",
         "Parameters that an endpoint does not know, and JSON nulls, are ignored."),
    Rule("transport.numbers", OBSERVED, "ccxt and kucoin-python send JSON numbers where texts are documented",
         "A JSON number counts as its own text; an exponent is written out exactly."),
    Rule("transport.plus", DECIDED, "a signature is over the query as it is",
         "A plus in a query string is a plus, no space; a broken escape stays as it stands."),
    Rule("transport.repeated-parameters", DECIDED, "no source",
         "A parameter that is sent twice, or holds control characters or broken UTF-8, is an invalid parameter."),
    Rule("transport.maintenance", DECIDED, "503 is documented for it, the body is not",
         "While the exchange is closed every call answers 503 and `500000`, but for its time and its status."),

    Rule("auth.signature", DOCUMENTED, "docs: Authentication",
         "KC-API-SIGN is base64 of HMAC-SHA256, under the secret as text, of timestamp, verb, path with query, body."),
    Rule("auth.query", OBSERVED, "ccxt signs the query as sent, the universal SDK and python-kucoin percent-decoded",
         "Either form of the query is right."),
    Rule("auth.passphrase", DOCUMENTED, "docs: Authentication",
         "Versions 2 and 3 of a key send the passphrase as HMAC-SHA256 under the secret, in base64."),
    Rule("auth.version-1", OBSERVED, "python-kucoin sends no version and the passphrase in clear",
         "Without a version, or with 1, the passphrase is sent in clear."),
    Rule("auth.timestamp", DOCUMENTED, "docs: Authentication",
         "A timestamp must be less than 5 seconds away from the venue's clock, before or after; it may come again."),
    Rule("auth.timestamp-of-a-moved-clock", DECIDED, "clients sign by the computer's time, not a moved world's",
         "Where the world's time is not the computer's, a timestamp near either is good. An account opened with "
         "`check_timestamps` true goes by the world's time alone, with false by any."),
    Rule("auth.order-of-checks", DECIDED, "consistent with reported codes",
         "Headers, timestamp, version, key, passphrase, signature, address, permission, quota, parameters: the first "
         "that fails is the answer."),
    Rule("auth.expired-key", DECIDED, "no source names the text", "An expired key does not exist."),
    Rule("auth.public", OBSERVED, "kucoin-python signs public calls with an empty key",
         "Public endpoints do not look at credentials."),
    Rule("auth.permissions", DOCUMENTED, "docs: API key permissions",
         "Reading needs General, orders and inner transfers need Spot, universal ones InnerTransfer, withdrawals and "
         "their cancels Transfer."),

    Rule("limits.pools", DOCUMENTED, "docs: Rate Limit",
         "Each call takes its weight out of a pool of its account that is full again 30 seconds after the first call."),
    Rule("limits.headers", DOCUMENTED, "docs: Rate Limit",
         "Every private answer says quota, rest and milliseconds until it is full again in `gw-ratelimit-*` headers."),
    Rule("limits.ledger-weight", DOCUMENTED, "docs: Get Account Ledgers; the specification of 2025 says 2",
         "A page of the account ledger weighs 10."),
    Rule("limits.public", DECIDED, "the pool is per address, and here everybody calls from the same one",
         "Public calls are not limited."),
    Rule("limits.restart", DECIDED, "counters live in memory", "A restart fills every pool."),

    Rule("pages.size", DOCUMENTED, "docs: Pagination; Get Account Ledgers",
         "A page has 50 rows unless `pageSize` says otherwise, 500 at most, in the ledger 10 at least."),
    Rule("pages.too-small", DECIDED, "no source",
         "A ledger page of under 10 rows is refused; other lists take any size from 1."),
    Rule("pages.past-the-end", DECIDED, "no source", "A page past the last is empty, its totals are intact."),
    Rule("pages.cursor", DOCUMENTED, "specification",
         "High-frequency lists continue below `lastId`; an empty list says 0."),

    Rule("ledger.window", DOCUMENTED, "docs: Get Account Ledgers",
         "`startAt` and `endAt` may be 24 hours apart, to the millisecond; a bound that is missing lies 24 hours from "
         "the other one."),
    Rule("ledger.window-too-long", DECIDED, "that it is an error is documented, its code and text are not",
         "A longer window answers `400100` and names the 24 hours."),
    Rule("ledger.no-window", DECIDED, "other lists default to the last day",
         "Without bounds the ledger shows the last 24 hours."),
    Rule("ledger.one-year", DECIDED, "that one year is kept is documented, what older bounds get is not",
         "What is older than 365 days is not there."),
    Rule("ledger.biz-type-refused", OBSERVED, "a report of January 2024",
         "An unknown `bizType` answers `400100` and `not in the given range!`."),
    Rule("ledger.rebate", OBSERVED, "tiagosiebler's kucoin-api, July 2026, for the code",
         "`REBATE` is a ninth `bizType`; which rows it brings up is decided: rebates of fees."),
    Rule("ledger.ten-currencies", DECIDED, "the limit is documented, the error is not",
         "More than 10 currencies answer `400100`; a currency that is none has no rows."),
    Rule("ledger.names", DOCUMENTED, "docs: Get Account Ledgers, BizType Description",
         "Rows show the documented display names; a spot trade is `Trade_Exchange`."),
    Rule("ledger.opening", DECIDED, "no venue has opening balances",
         "An opening balance is a deposit that has arrived in the wallet that it names, else in TRADE; it is a "
         "`Transfer` where its maker says so, or where its currency has no chain."),
    Rule("ledger.amount", OBSERVED, "the specification's example of a sale",
         "`amount` is the change with the fee in it and has no sign."),
    Rule("ledger.decimals", OBSERVED, "Kucoin.Net #18 (2021); the specification's high-frequency examples (2024-10)",
         "Ledger rows have up to eight decimals, high-frequency ones exactly eight."),
    Rule("ledger.rounding", DECIDED, "no source",
         "What our books have finer is rounded to the nearest, but never to nothing; a balance is cut off."),
    Rule("ledger.balance", OBSERVED, "answers recorded by several clients",
         "`balance` is 0 in the account ledger and real in the high-frequency ones."),
    Rule("ledger.context", DOCUMENTED, "docs: Get Account Ledgers",
         "`context` is a JSON text: symbol, order and trade of a trade; order and chain transaction of a deposit or "
         "withdrawal; empty for a transfer."),
    Rule("ledger.id", OBSERVED, "both rows of the documented example",
         "A row's id has 24 hexadecimal digits, the first eight of which are its second."),
    Rule("ledger.high-frequency", DECIDED, "KuCoin merged the two kinds of trading account",
         "The high-frequency ledger shows the trading wallet, whose rows are TRADE in the account ledger."),

    Rule("accounts.types", OBSERVED, "the universal SDK drops a list with any other type",
         "The list of accounts shows main and trade unless `type` asks for another."),
    Rule("accounts.not-high-frequency", DECIDED, "it would make ccxt require a symbol for every list",
         "Nobody is a high-frequency user; both families of endpoints work for everybody."),
    Rule("accounts.twins", DECIDED, "ccxt's `hf` asks for `trade_hf`, and our high-frequency ledger says TRADE_HF",
         "Asked for `trade_hf` the list of accounts shows the trading account, asked for `margin_v2` the margin "
         "account, under that name; lists that show all kinds at once show each account once."),
    Rule("accounts.mode", OBSERVED, "models of Kucoin.Net and of tiagosiebler's kucoin-api, 2026: numbers",
         "The account's mode is CLASSIC and lists the numbers of the sub-accounts as classic ones."),
    Rule("accounts.fine-balances", OBSERVED, "a USDT balance of twelve decimals in the specification (2024-10)",
         "A balance may be finer than eight decimals, since fees are taken whole; what is `transferable`, and what can "
         "be withdrawn, is cut off at eight."),
    Rule("accounts.fees", DOCUMENTED, "KuCoin's support page: VIP Fee Structure, 2026",
         "Rates go by the account's VIP level, 0.1 % at the lowest; all markets here are of the first fee category."),
    Rule("accounts.fee-shown", OBSERVED, "ccxt #5162 (2019), #9653 (2021); ten of ten fills in the specification",
         "Fills and orders show their funds and their fee exactly: price times size, and that times the rate, with "
         "every digit and no trailing zeros."),
    Rule("accounts.fee-amount", DECIDED, "KuCoin's books take the whole fee; these count in units of the asset",
         "A fee is charged in the quote currency, rounded to the nearest of the smallest units of our books."),

    Rule("accounts.fees-in-kcs", OBSERVED, "Kucoin.Net #18 (2021-01), rows of 2020 to 2022; the rate: KuCoin's support "
         "page on KCS, 2023",
         "An account that chose KCS pays four fifths of a fee in it, KCS counting for 95 % of their price. The trade's "
         "rows stay; `Refunded Fees` gives the fee back and `KCS Pay Fees` takes KCS, both with order and trade as "
         "context. In a market quoted in KCS only a fifth comes back."),
    Rule("accounts.fees-in-kcs-switch", DECIDED, "KuCoin has the switch on its pages, and no call for it",
         "The control API and `seatrial account fees` switch it."),
    Rule("accounts.fees-in-kcs-too-few", DECIDED, "no source",
         "KCS that are free in the trading account pay a fee whole or not at all; so it is where KCS has no price, "
         "which is the last trade's, by way of Tether and US dollars where there is no market between the two."),
    Rule("accounts.fees-in-kcs-time", DECIDED, "KuCoin's rows are 0.2 to 0.4 seconds later",
         "The two rows have the time of the trade."),

    Rule("market.null", OBSERVED, "statistics recorded in September 2024; decided for the other calls",
         "A side without orders and a market without trades show null."),
    Rule("market.unknown-symbol", OBSERVED, "answers recorded in September 2024 and in 2026",
         "A symbol that is none answers `900001` and `Trading pair … does not exist.`; its statistics are all null."),
    Rule("market.unknown-symbol-elsewhere", DECIDED, "null and `900001` are both reported",
         "Other market data of an unknown symbol answer as the call of the symbol does."),
    Rule("market.sizes", OBSERVED, "the specification; ccxt's markets of January 2026; lists recorded 2020 to 2022",
         "14 symbols have KuCoin's own steps, smallest and largest sizes, and every symbol in Tether a smallest value "
         "of 0.1 USDT. What a symbol says is what its orders are held to."),
    Rule("market.sizes-elsewhere", DECIDED, "not recorded",
         "Other symbols have the steps and smallest sizes of the market itself."),
    Rule("market.finer-steps", DECIDED, "one book for the users of all venues",
         "No step is finer than the book's: LTC-USDT and ETH-BTC have a price step ten times KuCoin's. Orders of other "
         "venues' users may stand between KuCoin's steps, and a market order may fill by the book's finer ones."),
    Rule("market.fee-coefficients", OBSERVED, "the specification; ccxt's markets of January 2026: seven of seven",
         "Symbols are of fee category 1, and their fee coefficients are 1.00."),
    Rule("market.candles", DOCUMENTED, "docs: Get Klines",
         "Seven texts, newest first: start, open, close, high, low, volume, turnover; intervals without trades are "
         "left out."),
    Rule("market.candles-end", DECIDED, "clients that page treat it so", "`endAt` of the candles is exclusive."),
    Rule("market.sequence", DECIDED, "a number that never falls is all that is documented",
         "The sequence of a book counts its changes."),
    Rule("market.call-auction", DECIDED, "the specification has the fields, not what they say without one",
         "No market opens with a call auction: its book is empty, its estimates and its bounds of prices are 0."),
    Rule("market.announcements", DECIDED, "nobody announces anything here",
         "The list of announcements is empty, whatever kind, language or time is asked for."),
    Rule("market.fiat-prices", DECIDED, "no source",
         "A price is that of the last trade between the two, else by way of US dollars or Tether; what has none is "
         "left out."),

    Rule("ids.second", OBSERVED, "22 of 24 published pairs of id and time; nine of nine others, 2021 to 2026",
         "Ids of orders, withdrawals, deposits, transfers and sub-accounts have 24 hexadecimal digits, the first eight "
         "of which are the second of what they name."),
    Rule("ids.kept", DECIDED, "users keep the ids that they were given",
         "What an older release numbered keeps its id, which says nothing of the time."),

    Rule("orders.unknown-symbol", OBSERVED, "ccxt's table", "An order for it answers `Unsupported trading pair.`."),
    Rule("orders.increments", OBSERVED, "kucoin-php-sdk #102, #112 (2021), #126 (2022-05), #133 (2024), "
         "market-maker-keeper #54 (2019)",
         "A price or a size that is no multiple of its step answers `400100` and `Price increment invalid.` or `Order "
         "size increment invalid.`, wherever an order names one; ccxt still notes `600100` for the size."),
    Rule("orders.funds-increment", OBSERVED, "kucoin-python-sdk #55 (2022-01); the notes of a bot on SOL-USDT, 2026; "
         "ccxt #21898 (2024-03) had `The amount increment is invalid.`",
         "Funds that are no multiple of their step answer `400100` and `Funds increment invalid.`."),
    Rule("orders.funds-too-small", OBSERVED, "ccxt #24286 (2024-11), for a market order; the specification's example "
         "of several orders (2024-10)",
         "Less than `minFunds` answers `600101` and `The order funds should more then 0.1 USDT.`."),
    Rule("orders.no-price-no-size", OBSERVED, "answers reported in February and May 2021",
         "A limit order without a price answers `300000` and `Order price invalid.`, one with neither size nor funds "
         "`300000` and `Order size invalid.`."),
    Rule("orders.hidden", DECIDED, "never placed as something else",
         "Hidden, iceberg, stop and margin orders are refused."),
    Rule("orders.self-trade", DOCUMENTED, "docs: Self-Trade Prevention",
         "CN, CO, CB and DC; without `stp` an order meets its owner's own. Fill-or-kill orders go by CN whatever they "
         "say, and market orders have no DC."),
    Rule("orders.self-trade-rows", DECIDED, "no source",
         "A trade with oneself has two fills, four ledger rows and both fees."),
    Rule("orders.post-only", DOCUMENTED, "docs: Place Order",
         "A post-only order that would take liquidity is accepted and cancelled."),
    Rule("orders.remark", DOCUMENTED, "docs: Place Order", "`remark` and `tags` are kept and shown."),
    Rule("orders.partial-cancel", DECIDED, "the call is documented, what is too much is not",
         "A part of an order can be cancelled, the rest keeps its place; more than is left is refused. `cancelExist` "
         "is about the whole order only."),
    Rule("orders.alter", DOCUMENTED, "docs: Modify Order",
         "Altering cancels the order and places it anew behind all others; the new size counts what is done already."),
    Rule("orders.alter-nothing-left", DOCUMENTED, "specification: Modify Order; which id is answered is decided",
         "A new size that is filled already cancels the order and places none; `newOrderId` is then its own id."),
    Rule("orders.alter-atomic", DECIDED, "KuCoin cancels first and may then fail to place",
         "Both happen or neither."),
    Rule("orders.several", DECIDED, "the specification says one symbol, the change log of the older docs several",
         "High-frequency orders that are placed at once may be of several symbols."),
    Rule("orders.timer", DOCUMENTED, "specification: dead-cancel-all",
         "One timer per account, of 5 to 86400 seconds, for up to 50 symbols or all; it survives a restart."),
    Rule("orders.timer-unset", DOCUMENTED, "specification: Get DCP",
         "The query of a timer that is not set answers null."),
    Rule("orders.timer-off", DECIDED, "no source", "Turning the timer off answers 0 as its time."),
    Rule("orders.dust", DOCUMENTED, "docs: Place Order; whose smallest unit is meant is decided",
         "After a fill or a partial cancel, a remainder worth less than the quote currency's smallest unit is "
         "cancelled."),
    Rule("orders.test", DECIDED, "docs: Place Order Test says that it checks signature and parameters",
         "A test looks at the order itself, not at what the account has or has open."),
    Rule("orders.price-protection", DOCUMENTED, "docs: Place Order",
         "A limit further than `priceLimitRate` beyond the best price on the other side is refused; a market order "
         "fills up to there and is then cancelled."),
    Rule("orders.client-oid", DOCUMENTED, "docs: Place Order",
         "A classic order needs a `clientOid`: up to 40 letters, digits, `_` and `-`; spaces are in the "
         "specification's examples."),
    Rule("orders.client-oid-unique", OBSERVED, "kucoin-api-docs #468 (2023-06): five orders of a day with one name; "
         "Kucoin.Net #120 (2022-02) for the answer",
         "No other live order may have it: `400100` and `validation.createOrder.clientOidDuplicated`. It is free again "
         "when its order ended."),
    Rule("orders.hf-client-oid-unique", DECIDED, "`102426` is Kucoin.Net's; how long a name is taken was not seen",
         "High-frequency orders share these names: one is taken while its order lives, which answers `102426`."),
    Rule("orders.done-window", DOCUMENTED, "docs: List Orders, List Fills",
         "Ended orders and fills are listed for up to seven days at once; the default is seven days and one day."),
    Rule("orders.hf-window", DECIDED, "older pages say three days, newer ones seven",
         "High-frequency lists silently reach back seven days."),

    Rule("transfers.twice", DECIDED, "that it should not move money twice is documented, the answer is not",
         "The same `clientOid` again moves nothing and answers with the first order's id, whatever else it says."),
    Rule("transfers.accounts", DECIDED, "nothing is traded in them here",
         "Main, trading, margin and contract accounts can be reached; `trade_hf` is the trading account, isolated "
         "margin and options are refused."),
    Rule("transfers.balance", DOCUMENTED, "docs: error codes", "Too little money answers `230003`."),
    Rule("transfers.rows", DOCUMENTED, "docs: Get Account Ledgers",
         "A transfer leaves two rows, `Transfer`; one to a sub-account a row per user, `Sub-account transfer`."),

    Rule("sub-accounts.rights", DOCUMENTED, "docs: API key permissions",
         "A sub-account's key can neither deposit nor withdraw, and a sub-account has none of its own."),
    Rule("sub-accounts.count", OBSERVED, "the specification's example of a user", "A user has five at most."),
    Rule("sub-accounts.password", DECIDED, "nobody logs in here", "Its password is checked and opens nothing."),

    Rule("funding.withdraw-fee", DOCUMENTED, "docs: Withdraw",
         "INTERNAL takes the fee out of the amount, EXTERNAL comes on top; unsaid it comes on top where the balance "
         "suffices."),
    Rule("funding.withdraw-to", DECIDED, "one exchange, no mail and no phones",
         "Withdrawals go to an address, saved or not; those to a user's number, mail or phone are refused. A key needs "
         "no list of addresses for it."),
    Rule("funding.wallet", DOCUMENTED, "docs: Withdrawals",
         "Deposits land in the main account and withdrawals leave from it."),
    Rule("funding.statuses", DOCUMENTED, "docs: Deposit List, Withdrawals List",
         "A deposit is PROCESSING until it is credited; a withdrawal on hold is in REVIEW, a broadcast one in "
         "WALLET_PROCESSING."),
    Rule("funding.deposit-transaction", OBSERVED, "docs: Deposit List, example of 2022; ccxt #14666, #15608 (2022)",
         "`walletTxId` of a deposit is its hash, `@` and 32 hexadecimal digits, and so is `txId` in the ledger; that "
         "of a withdrawal is the hash alone. A transaction that was named with an `@` stays as it is."),
    Rule("funding.deposit-remark", OBSERVED, "docs: Deposit List, example of 2022; the specification of 2024 has none",
         "A deposit's remark is `Deposit`."),
    Rule("funding.whole-seconds", OBSERVED, "all such examples of the specification (2024 to 2025)",
         "Times of deposits, withdrawals, sub-accounts and keys are milliseconds of whole seconds, and the bounds of "
         "lists of deposits and withdrawals go by the times that are shown."),
    Rule("funding.cancel", DOCUMENTED, "docs: Cancel Withdrawal", "Only a PROCESSING withdrawal can be cancelled."),
    Rule("funding.address", DOCUMENTED, "docs: Create Deposit Address",
         "Creating an address on a chain where there is one answers `260000`."),
    Rule("funding.quota", OBSERVED, "the specification's example of an account without withdrawals",
         "The daily quota is worth 999999 USDT."),
    Rule("funding.quota-unused", DECIDED, "no account here has limits of its own", "It is never used up."),
)
