"""Candlestick charts, drawn by us: one scene of rectangles, lines and texts, written as SVG, PNG or a page."""
