"""Seatrial: a crypto exchange that runs on your machine, under your control."""
