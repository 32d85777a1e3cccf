"""What moves prices: a seeded crowd, or a recorded tape. Pure: no clock, no I/O, no luck of its own."""
