"""A world in which nothing happened yet can begin at any moment, the past included."""

from pathlib import Path

import httpx

from running import RunningServer

PAST = "2024-01-01T00:00:00Z"


def test_an_untouched_world_begins_again_at_an_earlier_moment_with_all_it_has(tmp_path: Path) -> None:
    with RunningServer(tmp_path / "world") as server:
        opened = server.tell("/accounts", name="alice", balances={"USD": "100", "BTC": "0"})
        server.tell(f"/accounts/{opened['id']}/withdraw-keys", asset="BTC", key="cold", address="bc1qexample")
        before = server.ask("/accounts")

        shown = server.tell("/clock", frozen=True, now=PAST)

        assert shown["now"] == PAST
        assert server.ask("/accounts") == before
        assert server.ask("/books")["balanced"]
        server.restart()
        assert server.ask("/clock")["now"] == PAST
        assert server.ask("/accounts") == before


def test_two_worlds_begun_again_at_one_moment_say_the_same(tmp_path: Path) -> None:
    said = []
    for name in ("one", "other"):
        with RunningServer(tmp_path / name) as server:
            server.tell("/clock", frozen=True, now=PAST)
            deposit = server.tell("/accounts/1/deposits", asset="BTC", amount="0.5")
            said.append((deposit, server.ask("/accounts"), server.ask("/funding"), server.ask("/clock")))
    assert said[0] == said[1]
    assert said[0][0]["created"] == PAST


def test_a_world_in_which_something_happened_does_not_go_back(tmp_path: Path) -> None:
    with RunningServer(tmp_path / "world") as server:
        server.tell("/accounts/1/deposits", asset="BTC", amount="0.5")
        now = server.ask("/clock")["now"]

        refused = httpx.post(f"{server.control}/clock", json={"now": PAST}, trust_env=False)

        assert refused.status_code == 409
        assert "time does not go back" in refused.json()["detail"]
        assert server.ask("/clock")["now"] >= now
