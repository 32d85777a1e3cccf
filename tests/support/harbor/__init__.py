"""Harbor, a venue that nobody has: its folder is all that there is of it."""
