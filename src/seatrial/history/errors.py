"""What can go wrong with stored trades, for the person who asked."""


class HistoryError(Exception):
    """One line that says what is wrong."""
