"""The forms in which candles leave."""

from enum import StrEnum


class Format(StrEnum):
    """One of them."""

    TABLE = "table"
    CSV = "csv"
    JSON = "json"
    PARQUET = "parquet"
