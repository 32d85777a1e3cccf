"""Made-up addresses: shaped like the real ones, the same every time, and valid on no chain."""

import re
from collections.abc import Callable
from hashlib import blake2b, sha256

import pytest

from seatrial.core.addresses import STYLES, new_address, new_chain_tx

BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
RIPPLE58 = "rpshnaf39wBUDNEGHJKLM4PQRST7VWXYZ2bcdeCg65jkm8oFqi1tuvAxyz"
BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
BECH32 = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
NUMBERS = range(200)

SHAPES = {
    "algorand": r"[A-Z2-7]{58}",
    "bank": r"\d{12}",
    "bitcoin": rf"bc1q[{BECH32}]{{38}}",
    "bitcoin_cash": rf"bitcoincash:q[{BECH32}]{{41}}",
    "cardano": rf"addr1q[{BECH32}]{{97}}",
    "cosmos": rf"cosmos1[{BECH32}]{{38}}",
    "dogecoin": rf"D[{BASE58}]{{33}}",
    "eos": r"[a-z2-7]{14}",
    "evm": r"0x[0-9a-fA-F]{40}",
    "filecoin": r"f1[a-z2-7]{39}",
    "flow": r"0x[0-9a-f]{17}",
    "hex": r"[0-9a-f]{65}",
    "iban_ae": r"AE\d{21}",
    "iban_ch": r"CH\d{19}",
    "iban_de": r"DE\d{20}",
    "iban_gb": r"GB\d\d[A-Z]{4}\d{14}",
    "iotex": rf"io1[{BECH32}]{{38}}",
    "kusama": rf"[C-J][{BASE58}]{{46}}",
    "lightning": rf"lnbc1[{BECH32}]{{187}}",
    "litecoin": rf"L[{BASE58}]{{33}}",
    "monero": rf"4[{BASE58}]{{94}}",
    "neo": rf"N[{BASE58}]{{33}}",
    "polkadot": rf"1[{BASE58}]{{47}}",
    "ripple": rf"r[{BASE58}]{{33}}",
    "solana": rf"[{BASE58}]{{44}}",
    "stellar": r"G[A-Z2-7]{55}",
    "sui": r"0x[0-9a-f]{65}",
    "tezos": rf"tz1[{BASE58}]{{33}}",
    "tron": rf"T[{BASE58}]{{33}}",
    "zcash": rf"t1[{BASE58}]{{33}}",
}
"""The real shapes, except that those without a checksum (eos, flow, sui, and NEAR's hex) have a digit more."""


def is_bech32(text: str) -> bool:
    """BIP 173 and BIP 350."""
    name, _, data = text.rpartition("1")
    remainder = 1
    for value in [*(ord(c) >> 5 for c in name), 0, *(ord(c) & 31 for c in name), *(BECH32.index(c) for c in data)]:
        top, remainder = remainder >> 25, (remainder & 0x1FFFFFF) << 5 ^ value
        for bit, factor in enumerate((0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)):
            remainder ^= factor if top >> bit & 1 else 0
    return remainder in (1, 0x2BC830A3)


def base58_bytes(text: str, alphabet: str) -> bytes:
    number = 0
    for char in text:
        number = number * 58 + alphabet.index(char)
    zeros = len(text) - len(text.lstrip(alphabet[0]))
    return bytes(zeros) + number.to_bytes((number.bit_length() + 7) // 8)


def is_base58check(text: str, version: str, alphabet: str = BASE58) -> bool:
    raw = base58_bytes(text, alphabet)
    body, check = raw[:-4], raw[-4:]
    return len(body) == len(version) // 2 + 20 and _double_sha256(body)[:4] == check and body.hex().startswith(version)


def _double_sha256(body: bytes) -> bytes:
    return sha256(sha256(body).digest()).digest()


def is_ss58(text: str) -> bool:
    """Substrate's address format with a one-byte network."""
    raw = base58_bytes(text, BASE58)
    return len(raw) == 35 and blake2b(b"SS58PRE" + raw[:-2]).digest()[:2] == raw[-2:]


def is_stellar(text: str) -> bool:
    """Stellar's SEP-23: version byte 6 << 3, CRC16-XMODEM, low byte first."""
    bits = "".join(f"{BASE32.index(char):05b}" for char in text)
    raw = int(bits, 2).to_bytes(35)
    crc = 0
    for byte in raw[:-2]:
        crc ^= byte << 8
        for _ in range(8):
            crc = (crc << 1 ^ (0x1021 if crc & 0x8000 else 0)) & 0xFFFF
    return raw[0] == 6 << 3 and crc.to_bytes(2, "little") == raw[-2:]


def is_base32_of(text: str, size: int) -> bool:
    """Whether the text is how that many bytes are written: the bits beyond the last byte are zero."""
    spare = len(text) * 5 - size * 8
    return 0 <= spare < 5 and BASE32.index(text[-1].upper()) % 2**spare == 0


def is_iban(text: str) -> bool:
    digits = "".join(str(int(char, 36)) for char in text[4:] + text[:4])
    return int(digits) % 97 == 1 and 2 <= int(text[2:4]) <= 98


def is_evm(text: str) -> bool:
    """EIP-55, and the all-lower form that carries no checksum."""
    digits = text.removeprefix("0x")
    hashed = keccak256(digits.lower().encode()).hex()
    right = "".join(c.upper() if int(h, 16) > 7 else c for c, h in zip(digits.lower(), hashed, strict=False))
    return len(digits) == 40 and digits in (right, digits.lower(), digits.upper())


def keccak256(data: bytes) -> bytes:
    """Ethereum's Keccak, which is SHA-3 with another padding. One block is enough here."""
    rate, mask = 136, 2**64 - 1
    block = bytearray(data.ljust(rate, b"\0"))
    block[len(data)] ^= 0x01
    block[-1] ^= 0x80
    lanes = [[int.from_bytes(block[i : i + 8], "little") for i in range(8 * x, 200, 40)] for x in range(5)]
    register = 1
    for _ in range(24):
        sums = [lanes[x][0] ^ lanes[x][1] ^ lanes[x][2] ^ lanes[x][3] ^ lanes[x][4] for x in range(5)]
        mixes = [sums[x - 1] ^ _rotated(sums[(x + 1) % 5], 1) for x in range(5)]
        lanes = [[lane ^ mixes[x] for lane in lanes[x]] for x in range(5)]
        x, y, current = 1, 0, lanes[1][0]
        for step in range(24):
            x, y = y, (2 * x + 3 * y) % 5
            current, lanes[x][y] = lanes[x][y], _rotated(current, (step + 1) * (step + 2) // 2)
        for y in range(5):
            row = [lanes[x][y] for x in range(5)]
            for x in range(5):
                lanes[x][y] = row[x] ^ (~row[(x + 1) % 5] & mask & row[(x + 2) % 5])
        for power in range(7):
            register = (register << 1 ^ (register >> 7) * 0x71) % 256
            lanes[0][0] ^= (register >> 1 & 1) << (2**power - 1)
    return b"".join(lanes[x][0].to_bytes(8, "little") for x in range(4))


def _rotated(lane: int, by: int) -> int:
    by %= 64
    return (lane << by | lane >> (64 - by)) & 2**64 - 1


VALID: dict[str, tuple[Callable[[str], bool], str]] = {
    "algorand": (lambda text: is_base32_of(text, 36), "VCMJKWOY5P5P7SKMZFFOCEROPJCZOTIJMNIYNUCKH7LRO45JMJP6UYBIJA"),
    "bitcoin": (is_bech32, "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4"),
    "cardano": (
        is_bech32,
        "addr1qx2fxv2umyhttkxyxp8x0dlpdt3k6cwng5pxj3jhsydzer3n0d3vllmyqwsx5wktcd8cc3sq835lu7drv2xwl2wywfgse35a3x",
    ),
    "cosmos": (is_bech32, "cosmos1c4k24jzduc365kywrsvf5ujz4ya6mwymy8vq4q"),
    "dogecoin": (lambda text: is_base58check(text, "1e"), "D7SLwMBPqfFMCZ8EJDMoVEePpZAFFegLt8"),
    "evm": (is_evm, "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"),
    "iban_gb": (is_iban, "GB82WEST12345698765432"),
    "iban_de": (is_iban, "DE89370400440532013000"),
    "iban_ch": (is_iban, "CH9300762011623852957"),
    "iban_ae": (is_iban, "AE070331234567890123456"),
    "litecoin": (lambda text: is_base58check(text, "30"), "LQ3B36Yv2rBTxdgAdYpU2UcEZsaNwXeATk"),
    "neo": (lambda text: is_base58check(text, "35"), "NNLi44dJNXtDNSBkofB48aTVYtb1zZrNEs"),
    "polkadot": (is_ss58, "15oF4uVJwmo4TdGW7VfQxNLavjCXviqxT9S1MgbjMNHr6Sp5"),
    "kusama": (is_ss58, "HNZata7iMYWmk5RvZRTiAsSDhV8366zq2YGb3tLH5Upf74F"),
    "ripple": (lambda text: is_base58check(text, "00", RIPPLE58), "rHb9CJAWyB4rj91VRWn96DkukG4bwdtyTh"),
    "solana": (
        lambda text: len(base58_bytes(text, BASE58)) == 32,
        "EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v",
    ),
    "stellar": (is_stellar, "GA5XIGA5C7QTPTWXQHY6MCJRMTRZDOSHR6EFIBNDQTCQHG262N4GGKTM"),
    "tezos": (lambda text: is_base58check(text, "06a19f"), "tz1VSUr8wwNhLAzempoch5d6hLRiTh8Cjcjb"),
    "tron": (lambda text: is_base58check(text, "41"), "TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t"),
    "zcash": (lambda text: is_base58check(text, "1cb8"), "t1VShHAhsQc5RVndQLyM1ZbQXLHKd35GkG1"),
}
"""Style → the chain's own check, and a published address that passes it, so that the check is known to work."""


@pytest.mark.parametrize("style", sorted(VALID))
def test_the_checks_below_know_a_real_address(style: str) -> None:
    check, real = VALID[style]
    assert check(real)
    assert re.fullmatch(SHAPES[style], real)


@pytest.mark.parametrize("style", sorted(VALID))
def test_no_address_passes_its_chain_s_own_check(style: str) -> None:
    check, _ = VALID[style]
    assert not [text for number in NUMBERS if check(text := new_address(style, 7, number).text)]


@pytest.mark.parametrize("style", sorted(STYLES))
def test_every_address_has_the_shape_of_its_chain(style: str) -> None:
    for number in NUMBERS:
        assert re.fullmatch(SHAPES[style], new_address(style, 7, number).text)


@pytest.mark.parametrize("style", ["flow", "hex", "sui"])
def test_where_a_chain_has_no_checksum_the_length_is_wrong(style: str) -> None:
    real_digits = {"flow": 16, "hex": 64, "sui": 64}
    assert len(new_address(style, 7, 1).text.removeprefix("0x")) == real_digits[style] + 1


def test_a_filecoin_address_ends_where_no_real_one_does() -> None:
    assert is_base32_of("abjxfbp274xpdqcpuaykwkfb43omjotacm2p3za", 24)
    assert not [n for n in NUMBERS if is_base32_of(new_address("filecoin", 7, n).text.removeprefix("f1"), 24)]


def test_a_lightning_invoice_has_a_wrong_checksum() -> None:
    assert not [number for number in NUMBERS if is_bech32(new_address("lightning", 7, number).text)]


def test_a_bitcoin_cash_address_names_a_hash_longer_than_it_carries() -> None:
    version_bits = [BECH32.index(new_address("bitcoin_cash", 7, n).text[13]) >> 2 for n in NUMBERS]
    assert set(version_bits) == {1}


def test_a_monero_address_begins_with_no_known_network() -> None:
    standard, integrated, subaddress = 18, 19, 42
    first_blocks = [base58_bytes(new_address("monero", 7, n).text[:11], BASE58) for n in NUMBERS]
    assert {block[0] for block in first_blocks} & {standard, integrated, subaddress} == set()


def test_a_bank_account_stands_at_no_bank() -> None:
    assert new_address("bank", 7, 1).text.startswith("0000")


def test_the_same_seed_and_number_give_the_same_address() -> None:
    assert new_address("bitcoin", 7, 1) == new_address("bitcoin", 7, 1)
    assert new_address("dogecoin", 7, 1).text == "DzDmFP6r5bHQ1B4DPBQs3SoQxdFHXFzE3N"
    assert new_chain_tx("dogecoin", 7, 1) == new_chain_tx("dogecoin", 7, 1)


@pytest.mark.parametrize("style", sorted(STYLES))
def test_no_two_numbers_or_seeds_share_an_address_or_a_chain_tx(style: str) -> None:
    made = [new_address(style, seed, number).text for seed in (1, 2) for number in NUMBERS]
    assert len(set(made)) == len(made)
    sent = [new_chain_tx(style, 1, number) for number in NUMBERS]
    assert len(set(sent)) == len(sent)


def test_only_chains_that_share_an_address_add_a_tag_or_memo() -> None:
    with_tag = {style for style in STYLES if new_address(style, 7, 1).tag is not None}
    with_memo = {style for style in STYLES if new_address(style, 7, 1).memo is not None}
    assert (with_tag, with_memo) == ({"ripple"}, {"cosmos", "eos", "stellar"})


def test_a_tag_is_a_number_that_ripple_can_carry() -> None:
    tags = [new_address("ripple", 7, number).tag for number in NUMBERS]
    assert all(tag is not None and int(tag) < 2**32 for tag in tags)
    assert len(set(tags)) == len(tags)


def test_a_chain_tx_is_a_hash_and_a_payment_is_a_number() -> None:
    assert re.fullmatch(r"[0-9a-f]{64}", new_chain_tx("bitcoin", 7, 1))
    assert re.fullmatch(r"0x[0-9a-f]{64}", new_chain_tx("evm", 7, 1))
    assert new_chain_tx("iban_de", 7, 1) == "7000001"
