"""A certificate authority that signs once: its private key is never stored, and gone when it has signed.

So whoever trusts it trusts nothing but this server; and its name constraints say that it speaks for no others than the
venues' domains and this machine.
"""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address, ip_network
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from msgspec import Struct

DAYS: Final = 820
"""How long both are good. Apple's clients refuse more than 825."""

LOOPBACK_NAMES: Final = ("localhost",)
LOOPBACK_ADDRESSES: Final = ("127.0.0.1", "::1")
LOOPBACK_NETWORKS: Final = ("127.0.0.0/8", "::1/128")

_A_DAY: Final = timedelta(days=1)


class Issued(Struct, frozen=True):
    """An authority, and what it signed; all as PEM."""

    ca: bytes
    """What clients are told to trust."""
    certificate: bytes
    key: bytes

    def __repr__(self) -> str:
        """Without the key, which must not reach a log."""
        return "Issued()"


def issue(hosts: Iterable[str], now: datetime) -> Issued:
    """A new authority, and a certificate of the venues' hosts and of this machine, both good from now on."""
    names = (*dict.fromkeys(hosts), *LOOPBACK_NAMES)
    ca_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    authority = _authority(names, ca_key, now)
    certificate = _certificate(names, key, authority, ca_key, now)
    return Issued(
        authority.public_bytes(Encoding.PEM), certificate.public_bytes(Encoding.PEM),
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
    )  # fmt: skip


def names_of(certificate: bytes) -> tuple[frozenset[str], datetime]:
    """The hosts that a certificate is of, and until when it is good. Raises `ValueError` where it is none."""
    read = x509.load_pem_x509_certificate(certificate)
    found = read.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    return frozenset(found.get_values_for_type(x509.DNSName)), read.not_valid_after_utc


def _authority(names: tuple[str, ...], key: ec.EllipticCurvePrivateKey, now: datetime) -> x509.Certificate:
    domains = dict.fromkeys(name if "." not in name else ".".join(name.split(".")[-2:]) for name in names)
    permitted: list[x509.GeneralName] = [x509.DNSName(domain) for domain in domains]
    permitted += [x509.IPAddress(ip_network(network)) for network in LOOPBACK_NETWORKS]
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"Seatrial {now:%Y-%m-%d} on this machine")])
    builder = _builder(name, name, key, now)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    builder = builder.add_extension(x509.NameConstraints(permitted, None), critical=True)
    builder = builder.add_extension(_usage(signs_certificates=True), critical=True)
    identifier = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    return builder.add_extension(identifier, critical=False).sign(key, SHA256())


def _certificate(
    names: tuple[str, ...], key: ec.EllipticCurvePrivateKey, authority: x509.Certificate,
    ca_key: ec.EllipticCurvePrivateKey, now: datetime,
) -> x509.Certificate:  # fmt: skip
    alternatives: list[x509.GeneralName] = [x509.DNSName(name) for name in names]
    alternatives += [x509.IPAddress(ip_address(address)) for address in LOOPBACK_ADDRESSES]
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Seatrial")])
    builder = _builder(subject, authority.subject, key, now)
    builder = builder.add_extension(x509.SubjectAlternativeName(alternatives), critical=False)
    builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    builder = builder.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
    builder = builder.add_extension(_usage(signs_certificates=False), critical=True)
    issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(ca_key.public_key())
    builder = builder.add_extension(issuer, critical=False)
    identifier = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    return builder.add_extension(identifier, critical=False).sign(ca_key, SHA256())


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, now: datetime
) -> x509.CertificateBuilder:
    """Good since a day ago: a client's clock may be behind."""
    now = now.astimezone(UTC)
    return x509.CertificateBuilder(
        issuer, subject, key.public_key(), x509.random_serial_number(), now - _A_DAY, now + DAYS * _A_DAY
    )


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates, key_cert_sign=signs_certificates, crl_sign=signs_certificates,
        content_commitment=False, key_encipherment=False, data_encipherment=False, key_agreement=False,
        encipher_only=False, decipher_only=False,
    )  # fmt: skip
