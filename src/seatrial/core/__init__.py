"""The machine: money, assets, markets, ledger, book, orders, funding, candles. No I/O, no clock, no luck."""
