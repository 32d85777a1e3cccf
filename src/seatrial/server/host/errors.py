"""Why a world is not opened."""


class WorldError(Exception):
    """The world cannot be opened; the text is one line that says what to do."""


class FolderTaken(WorldError):
    """A server is running in that folder."""
