"""Real clients of KuCoin, unmodified, behind one face: the same story runs through each of them.

Every client is pointed here in its documented way and calls its own methods; a face only brings what comes back into
one form.
"""

from collections.abc import Callable

from tests.support.kucoin_ccxt import ccxt_async, ccxt_sync
from tests.support.kucoin_facts import KucoinClient
from tests.support.kucoin_raw import KucoinPython, PythonKucoin
from tests.support.kucoin_universal import UniversalSdk

KUCOIN_CLIENTS: dict[str, Callable[[str, str, str, str], KucoinClient]] = {
    "ccxt": ccxt_sync,
    "ccxt-async": ccxt_async,
    "kucoin-python": KucoinPython,
    "python-kucoin": PythonKucoin,
    "universal-sdk": UniversalSdk,
}
