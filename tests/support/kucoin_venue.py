"""A running world for tests of KuCoin's clients, on the wall's time: their stamps must be near the venue's clock."""

from typing import Any

from tests.support.kucoin_calls import KucoinCaller
from tests.support.running import RunningServer
from tests.support.signed_calls import KucoinSigner
from tests.support.venue import Keys, Venue


class KucoinVenue(Venue):
    """The world of a running server, whose accounts are KuCoin's."""

    def __init__(self, server: RunningServer) -> None:
        super().__init__(server, frozen=False)
        self._keys: list[Keys] = []

    def caller(self, keys: Keys) -> KucoinCaller:
        """A lean client, stamped with the venue's time."""
        signer = KucoinSigner(keys.key, keys.secret, keys.passphrase)
        return KucoinCaller(self.url, signer, lambda: self.now_ns // 10**6)

    def strict_account(self) -> Keys:
        """A new account whose calls must be stamped with the venue's time, whatever the computer's is."""
        return self._open(check_timestamps=True)

    def clear_books(self) -> None:
        """Cancel all orders of the accounts opened here, so that the next test finds the markets empty."""
        keys, self._keys = self._keys, []
        if any(float(asset["holds"]) for asset in self.ask("/books")["assets"].values()):
            for one in keys:
                with self.caller(one) as cleaner:
                    assert cleaner.delete("/api/v1/hf/orders/cancelAll").data["failedSymbols"] == []

    def _open(self, **wanted: Any) -> Keys:
        keys = super()._open(venue="kucoin", **wanted)
        self._keys.append(keys)
        return keys
