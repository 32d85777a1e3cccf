"""Where the local exchange is when nothing else is said."""

from pathlib import Path
from typing import Final

URL: Final = "http://127.0.0.1:8790"
DATA: Final = Path("seatrial-data")
