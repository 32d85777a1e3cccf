"""Deposits and withdrawals as the support page shows them, byte for byte but for the ids and hashes drawn.

Source: venue-pages#funding-statuses.
"""

import re

import pytest

from seatrial.core.commands import DriveTransfer, SaveDestination, SeeDeposit
from seatrial.core.funding import TransferStatus
from tests.support.kraken_exchange import SECOND_NS, Exchange, Trader

DEPOSITED_AT = 1_611_308_478
WITHDRAWN_AT = 1_612_782_924

SETTLED_DEPOSIT = (
    b'{"error":[],"result":[{"method":"Dogecoin","aclass":"currency","asset":"XXDG","refid":"QSB7IFM-Q3LT3X-NVAOKE",'
    b'"txid":"92c908ea2ea819d678d67130e4d20b625a8f97f3cfff45f906dde8cef41a046a",'
    b'"info":"D7SLwMBPqfFMCZ8EJDMoVEePpZAFFegLt8","amount":"997.00000000","fee":"0.00000000","time":1611308478,'
    b'"status":"Settled"}]}'
)
"""The page's Success answer has a stray letter in the txid of the very same transaction: a slip of the page."""

WITHDRAWAL = (
    b'{"error":[],"result":[{"method":"Dogecoin","aclass":"currency","asset":"XXDG","refid":"ASBCMYC-F5ETQT-34NMWT",'
    b'"txid":%s,"info":"DGNBPsa2GhhtZGEZo79uF3WN2bTxFxmc9y","amount":"98.00000000","fee":"2.00000000",'
    b'"time":1612782924,"status":%s}]}'
)
HASH = b'"064536e901f2cbfa6e279aa7a87c700b64e0ce561bf6e266788c47496f75106c"'

REFERENCE = re.compile(rb'"refid":"([QA])[A-Z2-7]{6}-[A-Z2-7]{6}-[A-Z2-7]{6}"')
CHAIN_TX = re.compile(rb'"txid":"[0-9a-f]{64}"')


def as_in_the_seed(answer: bytes) -> bytes:
    """The answer, with the ids that a world draws replaced by those of the page.

    The page is older than the fields that withdrawals have more: they are taken away.
    """
    answer = answer.replace(b'"network":"Dogecoin",', b"").replace(b',"key":"shibe"', b"")
    pages = {b"Q": b"QSB7IFM-Q3LT3X-NVAOKE", b"A": b"ASBCMYC-F5ETQT-34NMWT"}
    answer, count = REFERENCE.subn(lambda match: b'"refid":"' + pages[match[1]] + b'"', answer)
    assert count == 1
    return answer


def trader_at(seconds: int) -> Trader:
    """A client with 100 Dogecoin, in a world of that time."""
    exchange = Exchange(now_ns=seconds * SECOND_NS)
    return exchange.account(DOGE="100")


def deposited() -> tuple[Trader, int]:
    """A client whose deposit has just been seen, and the deposit's number."""
    trader = trader_at(DEPOSITED_AT)
    trader.exchange.apply(
        SeeDeposit(
            trader.account_id,
            "DOGE",
            997 * 10**8,
            chain_tx="92c908ea2ea819d678d67130e4d20b625a8f97f3cfff45f906dde8cef41a046a",
            address="D7SLwMBPqfFMCZ8EJDMoVEePpZAFFegLt8",
            manual=True,
        )
    )
    return trader, trader.exchange.machine.state.counters.transfer_id


def test_a_deposit_that_needs_more_confirmations() -> None:
    trader, _ = deposited()
    assert as_in_the_seed(trader.raw("DepositStatus", asset="doge")) == SETTLED_DEPOSIT


def test_a_deposit_that_has_them() -> None:
    trader, number = deposited()
    trader.exchange.apply(DriveTransfer(number, TransferStatus.SUCCESS))
    expected = SETTLED_DEPOSIT.replace(b'"Settled"', b'"Success"')
    assert as_in_the_seed(trader.raw("DepositStatus", asset="XDG", method="Dogecoin")) == expected


def test_a_deposit_that_failed() -> None:
    trader, number = deposited()
    trader.exchange.apply(DriveTransfer(number, TransferStatus.FAILURE))
    expected = SETTLED_DEPOSIT.replace(b'"Settled"', b'"Failure"')
    assert as_in_the_seed(trader.raw("DepositStatus")) == expected


def withdrawing() -> tuple[Trader, int]:
    """A client who has asked for 100 Dogecoin to be sent, and the withdrawal's number."""
    trader = trader_at(WITHDRAWN_AT)
    destination = SaveDestination(trader.account_id, "DOGE", "Dogecoin", "shibe", "DGNBPsa2GhhtZGEZo79uF3WN2bTxFxmc9y")
    trader.exchange.apply(destination)
    trader.result("Withdraw", asset="XDG", key="shibe", amount="100")
    return trader, trader.exchange.machine.state.counters.transfer_id


def stepped(*steps: TransferStatus) -> bytes:
    """What WithdrawStatus answers after these steps."""
    trader, number = withdrawing()
    for status in steps:
        trader.exchange.apply(DriveTransfer(number, status))
    return as_in_the_seed(trader.raw("WithdrawStatus", asset="XDG"))


def test_a_withdrawal_that_is_being_checked() -> None:
    assert stepped() == WITHDRAWAL % (b"null", b'"Initial"')


def test_a_withdrawal_that_waits_for_the_gateway() -> None:
    assert stepped(TransferStatus.PENDING) == WITHDRAWAL % (b"null", b'"Pending"')


@pytest.mark.parametrize(
    ("steps", "status"),
    [
        ((TransferStatus.PENDING, TransferStatus.SETTLED), b'"Settled"'),
        ((TransferStatus.PENDING, TransferStatus.SETTLED, TransferStatus.SUCCESS), b'"Success"'),
    ],
)
def test_a_withdrawal_that_was_sent(steps: tuple[TransferStatus, ...], status: bytes) -> None:
    answer, count = CHAIN_TX.subn(b'"txid":' + HASH, stepped(*steps))
    assert count == 1
    assert answer == WITHDRAWAL % (HASH, status)


def test_a_withdrawal_that_was_cancelled() -> None:
    trader, number = withdrawing()
    refid = trader.exchange.ids.withdrawal(number)
    assert trader.raw("WithdrawCancel", asset="XDG", refid=refid) == b'{"error":[],"result":true}'
    assert as_in_the_seed(trader.raw("WithdrawStatus", asset="XDG")) == (
        WITHDRAWAL % (b"null", b'"Failure","status-prop":"canceled"')
    )


def test_a_withdrawal_that_is_held() -> None:
    """The page names the status and shows no answer of it."""
    assert stepped(TransferStatus.ON_HOLD) == WITHDRAWAL % (b"null", b'"On hold"')
