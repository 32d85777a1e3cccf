"""What a long ledger costs the server: memory, time to load, and pages of it at any offset."""

from pathlib import Path
from typing import Final

from bench.processes import Seatrial, generate, seatrial
from bench.load import Plan
