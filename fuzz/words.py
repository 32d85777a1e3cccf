"""What a caller would say: numbers near the limits that count, ids that exist and ids that nearly do."""

from collections.abc import Callable
from random import Random
from typing import Final, NamedTuple, TypeVar

from fuzz.odd import odd_value
from fuzz.writing import Field, Value
from seatrial.core.funding import Direction
from seatrial.core.ledger import Purse
from seatrial.core.money import format_units
from seatrial.world.world import World

MAX: Final = 2**63 - 1
SECOND_NS: Final = 10**9

AnyWords = TypeVar("AnyWords", bound="Words")
Kind = Callable[[AnyWords], Value]


class Words:
    """The words of one call: its market, its asset and its caller are the same throughout."""

    markets: tuple[str, ...]
    """Those that trade."""
    assets: tuple[str, ...]
    """Those that the callers have, and others."""

    def __init__(self, luck: Random, world: World, account_id: int) -> None:
        self.luck = luck
        self.state = world.machine.state
        self.account = self.state.accounts[account_id]
        self.now_ns = max(world.clock.now_ns(), self.state.now_ns)
        self.ms = self.state.markets[luck.choice(self.markets)]
        self.market = self.ms.market
        self.asset = self.state.assets[luck.choice(self.assets)]

    def price(self) -> str:
        """A limit near the last price; now and then at an end of what there is."""
        last = self.ms.stats.last
        ticks = last.price_ticks if last else 10 ** (self.market.price_scale + 2)
        moved = ticks + ticks * self.luck.randint(-40, 40) // 10_000
        ticks = self.luck.choices((moved, ticks, ticks * 2, ticks // 2, 1, 0, MAX), (75, 10, 4, 4, 3, 2, 2))[0]
        return self._shown(ticks, self.market.price_scale)

    def volume(self) -> str:
        """A few times the least; now and then around a limit."""
        minimum = self.market.min_qty_lots
        lots = self.luck.choices(
            (minimum * self.luck.randint(1, 30), minimum - 1, minimum, minimum + 1, 0, MAX, 10**self.market.lot_scale),
            (70, 6, 6, 6, 2, 3, 7),
        )[0]
        return self._shown(lots, self.market.lot_scale)

    def amount(self) -> str:
        """A part of what the caller has of the call's asset, or around all of it."""
        purses = [purse for purse in self._purses() if purse.asset == self.asset]
        free = max((purse.free.balance for purse in purses), default=10**self.asset.scale)
        units = self.luck.choices(
            (free * self.luck.randint(1, 50) // 1_000, free - 1, free, free + 1, 1, 0, MAX),
            (70, 5, 6, 6, 5, 3, 5),
        )[0]
        return self._shown(max(units, 0), self.asset.scale)

    def _purses(self) -> list[Purse]:
        return list(self.state.ledger.of_account(self.account.account.account_id))

    def _shown(self, units: int, scale: int) -> str:
        text = format_units(units, scale)
        finer = text + "1" if "." in text else text + ".1"
        return self.luck.choices((text, text.rstrip("0"), finer + "0" * 20, finer), (90, 4, 2, 4))[0]

    def seconds(self) -> str:
        """A moment near now, as Unix seconds; others too."""
        at_s = self.now_ns // SECOND_NS + self.luck.choice((-1, 0, 1)) * self.luck.choice((0, 1, 30, 3_600, 10**6))
        return self.luck.choices((str(at_s), f"{at_s}.123456789", "0", "1", str(10**18)), (70, 15, 6, 5, 4))[0]

    def milliseconds(self) -> str:
        """The same, in milliseconds."""
        far = self.luck.choice((0, 1, 30_000, 3_600_000, 86_400_000, 10**10))
        at_ms = self.now_ns // 10**6 + self.luck.choice((-1, 0, 1)) * far
        return self.luck.choices((str(at_ms), "0", "1", str(10**18)), (85, 5, 5, 5))[0]

    def number_up_to(self, newest: int) -> int:
        """A number that was given out, or one around the ends of those."""
        some = self.luck.randint(1, max(newest, 1))
        return self.luck.choices((some, newest, newest + 1, 0, 2**40), (75, 12, 6, 4, 3))[0]

    def order_number(self) -> int:
        """Often of an open order of the caller's, whose market becomes the call's."""
        own = list(self.account.orders.values())
        if not own or self.luck.random() < 0.4:
            return self.number_up_to(self.state.counters.order_id)
        order = self.luck.choice(own)
        self._move_to(order.market)
        return order.order_id

    def _move_to(self, symbol: str) -> None:
        if symbol in self.markets:
            self.ms = self.state.markets[symbol]
            self.market = self.ms.market

    def transfer_number(self) -> int:
        """Often of a withdrawal of the caller's, whose asset becomes the call's."""
        account_id = self.account.account.account_id
        own = [
            transfer
            for transfer in self.state.transfers.values()
            if transfer.account_id == account_id and transfer.direction is Direction.WITHDRAWAL
        ]
        if not own or self.luck.random() < 0.4:
            return self.number_up_to(self.state.counters.transfer_id)
        transfer = self.luck.choice(own)
        self.asset = self.state.assets[transfer.asset]
        return transfer.transfer_id

    def client_id(self) -> str:
        """One in use, or a new one."""
        named = [order.client_id for order in self.account.orders.values() if order.client_id is not None]
        fresh = f"{self.luck.choice('ab-_')}{self.luck.randint(0, 999)}"
        return self.luck.choice(named) if named and self.luck.random() < 0.4 else fresh


class Way(NamedTuple):
    """One way to make a call: names and the kinds of their values."""

    usual: tuple[tuple[str, str], ...]
    """What it nearly always has."""
    more: tuple[tuple[str, str], ...]


class Spec(NamedTuple):
    """What a call takes: the common way to make it, and others."""

    ways: tuple[Way, ...]

    @property
    def names(self) -> set[str]:
        """All names in it."""
        return {name for way in self.ways for name, _ in way.usual + way.more}

    @property
    def kinds(self) -> set[str]:
        """All kinds in it."""
        return {kind for way in self.ways for _, kind in way.usual + way.more}


def spec(*ways: str) -> Spec:
    """Read `pair price | since:seconds`: what is usual, what may come, and a kind where it is not the name's."""
    return Spec(tuple(Way(*(_named(part) for part in (text + "|").split("|")[:2])) for text in ways))


def _named(text: str) -> tuple[tuple[str, str], ...]:
    parts = (word.partition(":") for word in text.split())
    return tuple((name, kind or name) for name, _, kind in parts)


def fields(words: AnyWords, wanted: Spec, kinds: dict[str, Kind[AnyWords]]) -> list[Field]:
    """The parameters of one call: as they should be, or some of them odd."""
    luck = words.luck
    way = luck.choice((wanted.ways[0], luck.choice(wanted.ways)))
    oddness = luck.choices((0.0, 0.15, 0.7), (60, 28, 12))[0]
    talkativeness = luck.choices((0.0, 0.1, 0.4), (45, 40, 15))[0]
    chosen = [one for one in way.usual if luck.random() < 0.97]
    chosen += [one for one in way.more if luck.random() < talkativeness]
    if luck.random() < oddness / 5:
        chosen.append((luck.choice(("pair", "symbol", "x", "", "nonce", "orders[0][price]", "a[", "]")), ""))
    if chosen and luck.random() < oddness / 5:
        chosen.append(luck.choice(chosen))
    if luck.random() < oddness:
        luck.shuffle(chosen)
    return [(name, _value(words, kinds.get(kind), oddness)) for name, kind in chosen]


def _value(words: AnyWords, kind: Kind[AnyWords] | None, oddness: float) -> Value:
    if kind is None or words.luck.random() < oddness:
        return odd_value(words.luck)
    return kind(words)


def choice(*values: Value) -> Callable[[Words], Value]:
    """A kind that is one of some words."""
    return lambda words: words.luck.choice(values)


def lists(kind: Kind[AnyWords], maximum: int) -> Kind[AnyWords]:
    """A kind that is one value, or a list of them, now and then too long a one."""

    def make(words: AnyWords) -> Value:
        count = words.luck.choices((1, 2, words.luck.randint(1, maximum), maximum + 1), (70, 15, 10, 5))[0]
        members = [kind(words) for _ in range(count)]
        return members[0] if count == 1 else members

    return make
