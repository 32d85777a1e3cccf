"""The history of trades: time and sales on disk, candles of any interval made from them, and plots of those."""
