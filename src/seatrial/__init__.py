"""Seatrial: a crypto exchange that runs on your machine, under your control."""

from functools import cache


@cache
def version() -> str:
    """The installed release, as the package's metadata says it."""
    from importlib import metadata  # noqa: PLC0415  it takes as long as half of what `seatrial --help` needs

    return metadata.version("seatrial")
