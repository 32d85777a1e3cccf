"""How to reach a running world: what `seatrial serve --json` prints, and what its connection file holds."""

from msgspec import UNSET, Struct, UnsetType


class KeyedAccount(Struct, frozen=True):
    """An account with a key to it."""

    id: int
    name: str
    venue: str
    key: str
    secret: str
    passphrase: str | UnsetType = UNSET
    """Where the venue has one."""

    def __repr__(self) -> str:
        """Without its secrets, which must not reach a log."""
        return f"KeyedAccount(id={self.id!r}, name={self.name!r}, venue={self.venue!r}, key={self.key!r})"


class Connection(Struct, frozen=True):
    """Where a world answers, and its demo accounts."""

    url: str
    control: str
    world: str
    accounts: tuple[KeyedAccount, ...]
    version: str = ""
    """The server's release; empty in the file of a release that did not write it."""
    https: str = ""
    """The same address, over TLS; empty in the file of a release that had none."""
    ca: str = ""
    """The file with the certificate authority to trust for it, as PEM."""

    def account(self, venue: str) -> KeyedAccount | None:
        """The first account that speaks the venue's API."""
        return next((account for account in self.accounts if account.venue == venue), None)
