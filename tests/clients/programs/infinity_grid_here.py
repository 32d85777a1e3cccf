"""infinity-grid, unmodified. Its flags name the addresses, but for one call of the SDK, which has its own."""

import sys

from infinity_grid.core.cli import cli
from kraken.base_api import SpotClient

SpotClient.URL = sys.argv.pop(1)
cli()
