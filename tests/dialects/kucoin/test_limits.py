"""Quotas per account and pool."""

from seatrial.dialects.kucoin.limits import WINDOW_NS, Limits, Pool, quota_of, unlimited

START = 10**18


def test_a_window_begins_with_the_first_call_and_is_full_again_after_it() -> None:
    limits = Limits()
    assert limits.spend(1, Pool.SPOT, 3, 10, START) == (True, 10, 7, 30_000)
    assert limits.spend(1, Pool.SPOT, 3, 10, START + 10 * 10**9) == (True, 10, 4, 20_000)
    assert limits.spend(1, Pool.SPOT, 3, 10, START + WINDOW_NS - 1) == (True, 10, 1, 1)
    assert limits.spend(1, Pool.SPOT, 3, 10, START + WINDOW_NS) == (True, 10, 7, 30_000)


def test_one_call_too_many_spends_nothing() -> None:
    limits = Limits()
    limits.spend(1, Pool.SPOT, 8, 10, START)
    assert limits.spend(1, Pool.SPOT, 3, 10, START) == (False, 10, 2, 30_000)
    assert limits.spend(1, Pool.SPOT, 2, 10, START) == (True, 10, 0, 30_000)


def test_accounts_and_pools_do_not_share() -> None:
    limits = Limits()
    limits.spend(1, Pool.SPOT, 10, 10, START)
    assert limits.spend(2, Pool.SPOT, 1, 10, START).allowed
    assert limits.spend(1, Pool.MANAGEMENT, 1, 10, START).allowed


def test_a_clock_that_was_set_back_begins_a_new_window() -> None:
    limits = Limits()
    limits.spend(1, Pool.SPOT, 10, 10, START)
    assert limits.spend(1, Pool.SPOT, 1, 10, START - 1).allowed


def test_a_higher_level_may_spend_more() -> None:
    assert (quota_of(Pool.SPOT, "vip0"), quota_of(Pool.SPOT, "vip12")) == (4000, 40000)
    assert (quota_of(Pool.MANAGEMENT, "vip2"), quota_of(Pool.MANAGEMENT, "unheard of")) == (4000, 2000)


def test_the_headers_say_quota_rest_and_milliseconds() -> None:
    assert unlimited(Pool.SPOT, "vip0").headers == (
        (b"gw-ratelimit-limit", b"4000"),
        (b"gw-ratelimit-remaining", b"4000"),
        (b"gw-ratelimit-reset", b"30000"),
    )
