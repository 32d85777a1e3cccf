"""Where the authority and the certificate lie, and the settings of TLS that follow from them."""

import os
import ssl
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from msgspec import Struct

from seatrial.server.tls.authority import Issued, issue, names_of

FOLDER: Final = "tls"
CA: Final = "ca.pem"
SERVER: Final = "server.pem"
"""The certificate and its private key."""

RENEWED: Final = timedelta(days=30)
"""So long before its end a certificate is made anew at a start, and the authority with it."""


class CertificateError(Exception):
    """The certificate can be neither read nor made; the text is one line that says what to do."""


class Identity(Struct, frozen=True):
    """Who this server is."""

    ca: Path
    """What clients are told to trust, as PEM."""
    context: ssl.SSLContext


@contextmanager
def identity(data: Path | None, hosts: tuple[str, ...], now: datetime) -> Iterator[Identity]:
    """That of a data directory, made at its first start; without one, another each time, gone afterwards.

    Raises `CertificateError`.
    """
    if data is not None:
        yield _prepared(data / FOLDER, hosts, now)
        return
    with tempfile.TemporaryDirectory(prefix="seatrial-") as name:
        made = _prepared(Path(name), hosts, now)
        (made.ca.parent / SERVER).unlink()  # it is loaded, and nobody else needs its key
        yield made


def _prepared(folder: Path, hosts: tuple[str, ...], now: datetime) -> Identity:
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        return _kept(folder, hosts, now)
    except OSError as error:  # those of TLS are of this kind, too
        raise CertificateError(
            f"the certificate in {folder} cannot be used: {error.strerror or error}; "
            "remove that folder, and another is made"
        ) from error


def _kept(folder: Path, hosts: tuple[str, ...], now: datetime) -> Identity:
    if not _is_good(folder, hosts, now):
        _store(folder, issue(hosts, now))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2  # source: venue-pages#tls
    context.set_alpn_protocols(["http/1.1"])
    context.load_cert_chain(folder / SERVER)
    return Identity(folder / CA, context)


def _is_good(folder: Path, hosts: tuple[str, ...], now: datetime) -> bool:
    """Whether what lies there is whole, of all these hosts, and good for a while."""
    try:
        names, until = names_of((folder / SERVER).read_bytes())
    except (FileNotFoundError, ValueError):
        return False
    return (folder / CA).exists() and names >= set(hosts) and until - now > RENEWED


def _store(folder: Path, issued: Issued) -> None:
    """For its owner's eyes only, each whole or not at all. The authority comes first: the other is looked at."""
    for name, content in ((CA, issued.ca), (SERVER, issued.certificate + issued.key)):
        handle, made = tempfile.mkstemp(dir=folder)
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        Path(made).replace(folder / name)
