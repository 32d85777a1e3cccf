"""A round: one world, some thousands of requests, and what must hold after each and after many.

Everything follows from the seed and the round's number: the world, its time, the requests.
"""

import asyncio
import logging
import traceback
from collections import Counter
from collections.abc import Callable
from contextlib import nullcontext
from functools import partial
from random import Random
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from fuzz import kraken, kraken_sockets, kucoin
from fuzz.judging import Fault, Finding, Verdict, Wrong, fault, verdict
from fuzz.mangling import mangled
from fuzz.requests import Request
from fuzz.shrinking import shrunk
from fuzz.target import Target, open_target, see_deposit
from seatrial.server.host.worlds import Settings
from tests.support.auditor import check_book, check_holds
from tests.support.inside import PREFIX, Inside
from tests.support.postgres import fresh_schema

SAMPLED: Final = 50
"""One in so many requests has the whole world compared before and after it."""
AUDITED: Final = 250
"""After so many the books are proved."""
LIVED: Final = 20
"""About every so many the world itself does something."""
SOURCE: Final = "src/seatrial/"
MANGLED: Final = 0.25
DEALERS: Final = (kraken, kucoin, kraken_sockets)

AUDITS: Final = frozenset({Fault.UNBALANCED, Fault.FORGOT})
"""What only shows after many requests."""

Line = tuple[str, str, str]
"""Venue, endpoint and what it said."""


class Round(Struct, frozen=True):
    """What came of a round."""

    number: int
    answers: dict[Line, int]
    findings: list[Finding]


class Plan(Struct, frozen=True):
    """What a round is made of."""

    seed: int
    number: int
    requests: int
    audited: int = AUDITED
    sampled: int = SAMPLED
    postgresql: str | None = None
    """The URL of a database in which its world gets a schema of its own; None: the world is in memory."""


def play(plan: Plan) -> Round:
    """Play a round in an event loop of its own."""
    return asyncio.run(_played(plan))


def pinned(plan: Plan, finding: Finding) -> Finding:
    """What an audit found after many requests, found again with an audit after each: the last one is to blame."""
    if finding.wrong.fault not in AUDITS:
        return finding
    again = play(replace(plan, requests=finding.number, audited=1)).findings
    return next((found for found in again if found.wrong.fault in AUDITS), finding)


async def _played(plan: Plan) -> Round:
    luck = Random(f"{plan.seed} {plan.number}")
    with nullcontext() if plan.postgresql is None else fresh_schema(plan.postgresql) as database:
        server = Inside(settings=Settings(None, database, seed=plan.seed * 1_000 + plan.number))
        try:
            target = await open_target(server, luck)
            return await Attack(plan, target, luck).run()
        finally:
            await server.world.stop()


class Attack:
    """One round at work."""

    def __init__(self, plan: Plan, target: Target, luck: Random) -> None:
        self._plan = plan
        self._target = target
        self._luck = luck
        self._answers: Counter[Line] = Counter()
        self._findings: dict[tuple[str, ...], Finding] = {}
        self._number = 0
        self._bugs = _Bugs()

    async def run(self) -> Round:
        """All requests, and the world's own life between them."""
        log = logging.getLogger("seatrial")
        log.addHandler(self._bugs)
        try:
            for number in range(1, self._plan.requests + 1):
                self._number = number
                if self._luck.random() < 1 / LIVED:
                    await self._live()
                await self._target.world.time.pass_time()
                request = self._request()
                await self._attack(request)
                if number % self._plan.audited == 0 or number == self._plan.requests:
                    self._audit(request)
        finally:
            log.removeHandler(self._bugs)
        return Round(self._plan.number, dict(self._answers), list(self._findings.values()))

    def _request(self) -> Request:
        luck, target = self._luck, self._target
        dealer = luck.choice(DEALERS)
        callers = target.callers[dealer.VENUE]
        caller = luck.choices(range(len(callers)), (45, 35, 8, 12))[0]
        name = luck.choices(list(dealer.TABLE), _weights(dealer.VENUE, list(dealer.TABLE)))[0]
        request = dealer.request(luck, target.world, callers[caller].account_id, caller, name)
        return mangled(request, luck) if luck.random() < MANGLED else request

    async def _attack(self, request: Request) -> None:
        await self._target.prepare(request)
        before = self._target.image() if self._number % self._plan.sampled == 0 else None
        found, wrong = await self._judged(request)
        if found is None:
            self._answers[request.venue, request.endpoint, "no venue has the path"] += 1
            return
        self._answers[request.venue, request.endpoint, found.words] += 1
        if wrong is None and before is not None and not found.accepted:
            parts = _differences(before, self._target.image())
            wrong = Wrong(Fault.CHANGED, ", ".join(parts)) if parts else None
        if wrong is not None:
            await self._note(wrong, request)

    async def _judged(self, request: Request) -> tuple[Verdict | None, Wrong | None]:
        """What the answer says, and what is wrong with it; None twice where no venue has the path."""
        self._bugs.clear()
        sent = await self._target.send(request)
        if sent is None:
            return None, None
        found = verdict(request.venue, sent.reply)
        wrong = fault(request, sent, found)
        if wrong is not None and self._bugs.last is not None:
            wrong = Wrong(wrong.fault, *_told(self._bugs.last))
        return found or Verdict(accepted=False, words="malformed"), wrong

    async def _note(self, wrong: Wrong, request: Request) -> None:
        finding = Finding(wrong, request, self._plan.number, self._number)
        if finding.same in self._findings:
            return

        async def again(smaller: Request) -> bool:
            await self._target.world.time.pass_time()
            same = (await self._judged(smaller))[1]
            return same is not None and same[:2] == wrong[:2]

        self._findings[finding.same] = replace(finding, request=await shrunk(request, again))

    def _audit(self, last: Request) -> None:
        """The books, the holds and the order books; and that the store has what the machine has."""
        machine = self._target.machine
        laws: list[Callable[[], object]] = [machine.state.ledger.prove, partial(check_holds, machine)]
        laws += [partial(check_book, machine, ms) for ms in machine.state.markets.values()]
        broken = next(filter(None, map(_broken, laws)), None)
        if broken is not None:
            self._add(Wrong(Fault.UNBALANCED, *_told(broken)), last)
        elif self._target.server.reloaded().fingerprint() != machine.fingerprint():
            self._add(Wrong(Fault.FORGOT, "the world differs after a restart"), last)

    def _add(self, wrong: Wrong, last: Request) -> None:
        """One of a kind: what an audit finds it finds again at the next one."""
        if all(finding.wrong.fault is not wrong.fault for finding in self._findings.values()):
            finding = Finding(wrong, last, self._plan.number, self._number)
            self._findings[finding.same] = finding

    async def _live(self) -> None:
        """Time passes, a deposit comes, a transfer moves on, the market or the exchange changes its ways."""
        luck, server = self._luck, self._target.server
        act = luck.choices(("time", "deposit", "step", "crowd", "status", "delays"), (60, 12, 12, 6, 6, 4))[0]
        match act:
            case "time":
                is_busy = server.world.driver.due_ns < server.world.clock.now_ns() + 10**11
                seconds = luck.choice(("0.5s", "3s", "20s") if is_busy else ("1s", "10s", "5m", "2h", "2d"))
                await server.post("/clock", advance=seconds)
            case "deposit":
                await see_deposit(self._target, luck)
            case "step":
                await self._step()
            case "crowd":
                await server.post("/crowd", mode=luck.choice(("off", "off", "calm")))
            case "status":
                await server.post("/system", status=luck.choice(("online",) * 4 + ("cancel_only", "post_only")))

            case "delays":
                delay = luck.choice((0, 5, 600, 86_400))
                await server.post("/delays", withdrawal_initial=delay, withdrawal_pending=delay)

    async def _step(self) -> None:
        server, luck = self._target.server, self._luck
        transfers = (await server.get("/funding")).json
        ref = luck.choice(transfers)["refid"]
        status = luck.choice(("Pending", "On hold", "Settled", "Success", "Failure"))
        await server.ask("POST", f"{PREFIX}/funding/{ref}", b'{"status":"%b"}' % status.encode())


class _Bugs(logging.Handler):
    """The server's last bug, out of its log."""

    def __init__(self) -> None:
        super().__init__()
        self.last: BaseException | None = None

    def clear(self) -> None:
        """Forget it."""
        self.last = None

    def emit(self, record: logging.LogRecord) -> None:
        """The first one counts: others may follow from it."""
        if record.exc_info:
            self.last = self.last or record.exc_info[1]


def _told(error: BaseException) -> tuple[str, str]:
    """Where in the product an exception comes from, and what it says."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if SOURCE in frame.filename][-3:] or frames[-3:]
    where = " < ".join(f"{frame.filename.rpartition(SOURCE)[2]}:{frame.lineno}" for frame in reversed(ours))
    return f"{type(error).__name__} at {where}", str(error).partition("\n")[0]


def _broken(law: Callable[[], object]) -> AssertionError | None:
    try:
        law()
    except AssertionError as error:
        return error
    return None


def _differences(before: dict[str, object], after: dict[str, object]) -> list[str]:
    return [name for name, value in after.items() if before[name] != value]


def _weights(venue: str, names: list[str]) -> list[int]:
    """Placing, cancelling and moving money more often than looking."""
    return [_weight(venue, name) for name in names]


def _weight(venue: str, name: str) -> int:
    if name in {"/0/private/AddOrder", "add_order", "subscribe"}:
        return 15
    if name in {"/0/private/CancelOrder", "/0/private/Withdraw", "cancel_order"}:
        return 6
    if name.lower().endswith(("cancelall", "cancel_all")):
        return 1
    return 4 if venue == "kucoin" and name.startswith(("POST", "DELETE")) else 2
