"""Real clients of the venue, unmodified, behind one face: the same story runs through each of them.

Every client is pointed here in its documented way and calls its own methods; a face only brings what comes back into
one form.
"""

from collections.abc import Callable

from tests.support.ccxt_clients import ccxt_async, ccxt_sync
from tests.support.raw_clients import Krakenex, KrakenSdk
from tests.support.venue_facts import VenueClient

CLIENTS: dict[str, Callable[[str, str, str], VenueClient]] = {
    "krakenex": Krakenex,
    "ccxt": ccxt_sync,
    "ccxt-async": ccxt_async,
    "kraken-sdk": KrakenSdk,
}
