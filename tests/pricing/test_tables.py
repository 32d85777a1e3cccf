"""The tables that a crowd begins with: what cannot be meant is refused, by file and line."""

from pathlib import Path

import pytest

from seatrial.catalogue import CatalogueError, load
from seatrial.pricing import tables
from tests.support.own_catalogue import own_tree
from tests.support.trading_floor import catalogue

PAIRS = "symbol,half_spread,top,rungs,chance,every\n"
ASSETS = "asset,worth,in,volatility,coin\n"


def test_every_market_of_the_catalogue_has_a_line() -> None:
    assert tables.load(catalogue()).pairs.keys() == catalogue().markets.keys()


@pytest.mark.parametrize(
    ("file", "text", "says"),
    [
        ("pairs.csv", f"{PAIRS}BTC/NOPE,1,1,1,1,1\n", "pairs.csv line 2: symbol 'BTC/NOPE' is not in markets.csv"),
        ("pairs.csv", f"{PAIRS}BTC/USD,1,1,11,1,1\n", "pairs.csv line 2: rungs '11' is above 10"),
        ("pairs.csv", f"{PAIRS}BTC/USD,1,1,0,1,1\n", "pairs.csv line 2: rungs must be above zero"),
        ("pairs.csv", f"{PAIRS}BTC/USD,1,1,1,1,0\n", "pairs.csv line 2: every must be above zero"),
        ("assets.csv", f"{ASSETS}USD,1,USD,0,no\nETH,1,BTC,0,no\n", "assets.csv line 3: 'BTC' has no line above"),
        ("pairs.csv", f"{PAIRS}BTC/USD,50.0001,1,1,1,1\n", "pairs.csv line 2: half_spread '50.0001' is above 50.0000"),
        ("pairs.csv", f"{PAIRS}BTC/USD,1,1,1,1,101\n", "pairs.csv line 2: every '101' is above 100"),
        ("pairs.csv", PAIRS + 2 * "BTC/USD,1,1,1,1,1\n", "pairs.csv line 3: BTC/USD is listed twice"),
        ("assets.csv", ASSETS + 2 * "USD,1,USD,0,no\n", "assets.csv line 3: USD is listed twice"),
        ("assets.csv", f"{ASSETS}NOPE,1,USD,0,no\n", "assets.csv line 2: asset 'NOPE' is not in assets.csv"),
        ("assets.csv", f"{ASSETS}USD,1,USD,0,no\n", "pairs.csv line 2: 'BTC' is not in crowd/assets.csv"),
        ("assets.csv", f"{ASSETS}BTC,1,BTC,0,no\n", "assets.csv line 2: 'BTC' has no line above"),
    ],
)
def test_what_cannot_be_meant_is_refused(file: str, text: str, says: str, tmp_path: Path) -> None:
    tree = own_tree(tmp_path / "own")
    (tree / "crowd" / file).write_text(text, encoding="utf-8")
    with pytest.raises(CatalogueError) as refused:
        tables.load(load(tree))
    assert str(refused.value) == f"{tree}/crowd/{says}"
