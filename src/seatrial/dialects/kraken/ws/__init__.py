"""Kraken's WebSocket v2 over one world, without a socket.

A session (`session.py`) reads what came in and has a table of subscriptions. What is told comes from one feed
(`feed.py`) for all sessions: it is given the facts that are stored, command by command, has the markets that somebody
follows keep up with them (`views.py`), and asks each topic (`topics.py`) for the one frame that all who follow it get.
What an account is told are rows (`rows.py`) of its orders (`executions.py`) and funds (`balances.py`).

Facts are stored later than they happen. A subscription begins with the live state at some fact; what it shows is sent
once that fact is stored, and what it is told next are the facts behind that one.
"""
