"""What can go wrong with a store as a whole."""


class StoreError(Exception):
    """The store cannot be opened; the text is one line that says what to do."""
