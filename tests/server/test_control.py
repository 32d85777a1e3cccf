"""The control API: what each operation does, and what it refuses without changing anything."""

import re
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
import pytest

from seatrial import version
from seatrial.dialects.kraken.auth import totp
from seatrial.server.connections.limits import MAX_BODY_BYTES
from tests.support.inside import PREFIX, Answer, Inside, inside
from tests.support.signed_calls import KucoinSigner, Signer

Story = Callable[[Inside], Awaitable[Any]]

PASSPHRASE_ONLY = (
    "a key of this venue has a passphrase alone: leave one_time_password, totp_secret and nonce_window out"
)
LATER = "2126-01-01T00:00:00Z"


def test_health_says_which_world_answers_at_which_moment() -> None:
    async def story(server: Inside) -> None:
        now = (await server.get("/clock")).json["now"]
        venues = ["kraken", "kucoin"]
        assert (await server.get("/health")).json == {
            "status": "ok", "world": "main", "now": now, "venues": venues, "version": version()
        }  # fmt: skip

    inside(story)


def test_an_account_chooses_what_pays_its_fees_where_its_venue_lets_it() -> None:
    async def story(server: Inside) -> None:
        kim = (await server.post("/accounts", name="kim", venue="kucoin", balances={"KCS": "1"})).json["id"]
        assert (await server.post("/accounts/kim/fees", asset="KCS")).json == {"account_id": kim, "asset": "KCS"}
        assert (await server.post("/accounts/kim/fees", asset=None)).json == {"account_id": kim, "asset": None}
        other = await server.post("/accounts/kim/fees", asset="BTC")
        assert (other.status, other.json["detail"]) == (422, "'BTC' pays no fees at this venue: only KCS does")
        kraken = await server.post("/accounts/demo/fees", asset="KFEE")
        assert (kraken.status, kraken.json["detail"]) == (422, "at this venue nothing but what is traded pays fees")
        assert (await server.post("/accounts/nobody/fees", asset="KCS")).status == 404

    inside(story)


def test_an_account_opens_with_balances_and_a_key_that_may_do_everything() -> None:
    async def story(server: Inside) -> None:
        answer = await server.post("/accounts", name="ann", venue="kraken", balances={"USD": "10000", "BTC": "1"})
        assert answer.status == 201
        assert list(answer.json) == ["id", "name", "venue", "key", "secret"]
        assert (answer.json["id"], answer.json["name"], answer.json["venue"]) == (3, "ann", "kraken")
        ann = Signer(answer.json["key"], answer.json["secret"])
        assert (await server.send(ann.call("Balance"))).result == {"XXBT": "1.0000000000", "ZUSD": "10000.0000"}
        info = (await server.send(ann.call("GetApiKeyInfo"))).result
        assert "withdraw-funds" in info["permissions"]
        assert "modify-trades" in info["permissions"]

    inside(story)


def test_an_account_goes_by_its_name_whatever_stands_in_it() -> None:
    async def story(server: Inside) -> None:
        for name in ("a/b", "desk/keys", "50% ß"):
            opened = (await server.post("/accounts", name=name)).json
            assert (await server.post(f"/accounts/{name}/keys")).json["account_id"] == opened["id"]
            assert (await server.post(f"/accounts/{name}/deposits", asset="BTC", amount=1)).status == 201

    inside(story)


def test_a_kucoin_account_opens_with_a_passphrase_and_money_in_any_wallet() -> None:
    async def story(server: Inside) -> None:
        balances = {"USDT": "100", "main:USDT": "50", "main:BTC": "1"}
        opened = (await server.post("/accounts", name="kim", venue="KuCoin", balances=balances)).json
        assert list(opened) == ["id", "name", "venue", "key", "secret", "passphrase"]
        kim = (await server.get("/accounts")).json[-1]
        assert kim["wallets"] == {
            "main": {"BTC": "1.0000000000", "USDT": "50.00000000"},
            "trade": {"USDT": "100.00000000"},
        }
        assert kim["balances"] == {"BTC": "1.0000000000", "USDT": "150.00000000"}
        signer = KucoinSigner(opened["key"], opened["secret"], opened["passphrase"])
        rows = (await server.kucoin(signer, "GET", "/api/v1/accounts")).json["data"]
        assert [(row["type"], row["currency"], row["available"]) for row in rows] == [
            ("main", "BTC", "1"), ("main", "USDT", "50"), ("trade", "USDT", "100"),
        ]  # fmt: skip

    inside(story)


def test_keys_of_one_venue_do_not_exist_at_the_other() -> None:
    async def story(server: Inside) -> None:
        opened = (await server.post("/accounts", name="kim", venue="kucoin")).json
        assert (await server.send(Signer(opened["key"], "c2VjcmV0").call("Balance"))).error == "EAPI:Invalid key"
        stranger = KucoinSigner(server.demo.key, server.demo.secret, "x")
        answer = await server.kucoin(stranger, "GET", "/api/v1/accounts")
        assert (answer.status, answer.json["code"]) == (401, "400003")

    inside(story)


@pytest.mark.parametrize(
    ("venue", "wanted", "detail"),
    [
        ("kraken", {"passphrase": "sesame"}, "a key of this venue has no passphrase: leave it out"),
        ("kucoin", {"one_time_password": "sesame"}, PASSPHRASE_ONLY),
        ("kucoin", {"nonce_window": 5}, PASSPHRASE_ONLY),
        ("kucoin", {"passphrase": ""}, "a one_time_password or passphrase must not be empty"),
    ],
)  # fmt: skip
def test_a_second_password_is_of_its_venue(venue: str, wanted: dict[str, object], detail: str) -> None:
    async def story(server: Inside) -> None:
        await server.post("/accounts", name="kim", venue=venue)
        assert (await server.post("/accounts/kim/keys", **wanted)).problem == (422, detail)

    inside(story)


def test_a_kucoin_key_has_the_passphrase_that_was_asked_for() -> None:
    async def story(server: Inside) -> None:
        await server.post("/accounts", name="kim", venue="kucoin")
        issued = (await server.post("/accounts/kim/keys", passphrase="sesame", permissions=["general"])).json
        assert (issued["passphrase"], issued["permissions"]) == ("sesame", ["General"])
        signer = KucoinSigner(issued["key"], issued["secret"], "sesame")
        assert (await server.kucoin(signer, "GET", "/api/v1/accounts")).json["code"] == "200000"

    inside(story)


def test_an_opening_balance_in_a_wallet_that_is_none_is_refused() -> None:
    async def story(server: Inside) -> None:
        wanted = await server.post("/accounts", venue="kucoin", balances={"attic:USDT": "1"})
        assert wanted.problem == (422, "unknown wallet 'attic': one of main, trade, margin, contract")

    inside(story)


def test_an_account_needs_nothing_but_a_call() -> None:
    async def story(server: Inside) -> None:
        answer = await server.ask("POST", f"{PREFIX}/accounts")
        assert answer.status == 201
        assert (answer.json["name"], answer.json["venue"]) == ("account-3", "kraken")

    inside(story)


def test_balances_of_one_asset_under_two_of_its_names_add_up() -> None:
    async def story(server: Inside) -> None:
        ann = await server.account("ann", BTC="1", XBT="0.5", XXBT="0.25")
        assert (await server.send(ann.call("Balance"))).result == {"XXBT": "1.7500000000"}

    inside(story)


def test_numbers_are_as_good_as_texts() -> None:
    async def story(server: Inside) -> None:
        body = b'{"name": "ann", "balances": {"USD": 10000, "BTC": 0.1}}'
        assert (await server.ask("POST", f"{PREFIX}/accounts", body)).status == 201
        (ann,) = (account for account in (await server.get("/accounts")).json if account["name"] == "ann")
        assert ann["balances"] == {"BTC": "0.1000000000", "USD": "10000.0000"}

    inside(story)


def test_accounts_are_listed_without_their_secrets() -> None:
    async def story(server: Inside) -> None:
        secret = (await server.account("ann", USD="5")).secret
        listed = await server.get("/accounts")
        ann = listed.json[-1]
        assert list(ann) == [
            "id",
            "name",
            "venue",
            "tier",
            "rate_limits",
            "check_timestamps",
            "balances",
            "wallets",
            "keys",
        ]
        assert (ann["tier"], ann["rate_limits"], ann["balances"]) == ("intermediate", False, {"USD": "5.0000"})
        assert ann["wallets"] == {"spot": {"USD": "5.0000"}}
        assert len(ann["keys"]) == 1
        assert secret not in listed.body.decode()
        assert all(key.secret not in listed.body.decode() for key in server.machine.state.keys.values())

    inside(story)


def test_a_tier_and_its_limits_can_be_chosen() -> None:
    async def story(server: Inside) -> None:
        opened = await server.post("/accounts", tier="pro", rate_limits=True)
        account = server.machine.state.accounts[opened.json["id"]].account
        assert (account.tier, account.rate_limits) == ("pro", True)

    inside(story)


def test_kucoins_clients_outlive_a_moved_clock_unless_times_are_checked() -> None:
    async def story(server: Inside) -> None:
        for name, more in (("any", {"check_timestamps": False}), ("usual", {}), ("strict", {"check_timestamps": True})):
            assert (await server.post("/accounts", name=name, venue="kucoin", **more)).status == 201
        listed = {account["name"]: account["check_timestamps"] for account in (await server.get("/accounts")).json}
        assert (listed["any"], listed["usual"], listed["strict"], listed["demo"]) == (False, None, True, None)
        real_ms = server.world.clock.real_ns() // 10**6
        codes = {}
        await server.post("/clock", advance="24h")
        for key in server.machine.state.keys.values():
            name = server.machine.state.accounts[key.account_id].account.name
            if name in ("any", "usual", "strict"):
                who = KucoinSigner(key.public, key.secret, key.one_time_password or "")
                headers = who.headers("GET", "/api/v1/accounts", b"", real_ms)
                answer = await server.ask("GET", "/api/v1/accounts", b"", headers=list(headers.items()))
                codes[name] = answer.json["code"]
        assert codes == {"any": "200000", "usual": "200000", "strict": "400002"}
        (note,) = server.notes
        assert "KC-API-TIMESTAMP" in note
        assert str(real_ms) in note

    inside(story)


def test_a_kraken_account_has_no_timestamps_to_check() -> None:
    async def story(server: Inside) -> None:
        refused = await server.post("/accounts", name="ann", check_timestamps=True)
        assert (refused.status, refused.json["detail"]) == (
            422,
            "calls to this venue carry no time: leave check_timestamps out",
        )

    inside(story)


def test_a_key_may_do_only_what_was_asked_for() -> None:
    async def story(server: Inside) -> None:
        issued = await server.post("/accounts/demo/keys", name="reader", permissions=["query-funds"])
        assert issued.status == 201
        assert list(issued.json) == ["account_id", "name", "key", "secret", "permissions"]
        assert (issued.json["account_id"], issued.json["permissions"]) == (1, ["query-funds"])
        reader = Signer(issued.json["key"], issued.json["secret"])
        assert (await server.send(reader.call("Balance"))).result
        assert (await server.send(reader.call("OpenOrders"))).error == "EGeneral:Permission denied"

    inside(story)


async def key(server: Inside, **restrictions: object) -> Signer:
    """A restricted key of the demo account."""
    issued = await server.post("/accounts/1/keys", **restrictions)
    assert issued.status == 201, issued
    return Signer(issued.json["key"], issued.json["secret"])


def test_a_key_with_a_nonce_window_takes_late_nonces_once() -> None:
    async def story(server: Inside) -> None:
        late = await key(server, nonce_window=10)
        first, second = late.call("Balance"), late.call("Balance")
        assert (await server.send(second)).result
        assert (await server.send(first)).result
        assert (await server.send(first)).error == "EAPI:Invalid nonce"

    inside(story)


def test_a_key_with_a_password_asks_for_it() -> None:
    async def story(server: Inside) -> None:
        careful = await key(server, one_time_password="open sesame")
        assert (await server.send(careful.call("Balance"))).error == "EAPI:Invalid signature"
        assert (await server.send(careful.call("Balance", otp="open sesame"))).result

    inside(story)


def test_a_key_with_an_authenticator_asks_for_its_code() -> None:
    async def story(server: Inside) -> None:
        careful = await key(server, totp_secret="JBSW Y3DP ehpk 3pxp")
        code = totp("JBSWY3DPEHPK3PXP", server.world.clock.now_ns() // 10**9)
        assert (await server.send(careful.call("Balance", otp="000000" if code != "000000" else "1"))).error
        assert (await server.send(careful.call("Balance", otp=code))).result

    inside(story)


def test_a_key_ends_when_it_expires() -> None:
    async def story(server: Inside) -> None:
        short = await key(server, expiry="2030-01-01")
        assert (await server.send(short.call("Balance"))).result
        await server.post("/clock", now="2030-01-01")
        assert (await server.send(short.call("Balance"))).error == "EAPI:Invalid key"

    inside(story)


def test_a_key_works_from_its_own_addresses_only() -> None:
    async def story(server: Inside) -> None:
        home = await key(server, ips=["127.0.0.0/8", "::1"])
        away = await key(server, ips=["192.0.2.1"])
        assert (await server.send(home.call("Balance"))).result
        assert (await server.send(away.call("Balance"))).error == "EAPI:Invalid key"

    inside(story)


def test_a_key_sees_only_its_stretch_of_history() -> None:
    async def story(server: Inside) -> None:
        late = await key(server, query_from=LATER)
        early = await key(server, query_to="2020-01-01")
        whole = await key(server)
        assert (await server.send(whole.call("Ledgers"))).result["count"]
        assert (await server.send(late.call("Ledgers"))).result["count"] == 0
        assert (await server.send(early.call("Ledgers"))).result["count"] == 0

    inside(story)


def test_a_deposit_shows_up_and_the_clock_confirms_it() -> None:
    async def story(server: Inside) -> None:
        answer = await server.post("/accounts/demo/deposits", asset="XBT", amount="1.5", txid="abc", address="bc1qown")
        assert answer.status == 201
        seen = answer.json
        assert list(seen) == [
            "refid", "account_id", "kind", "asset", "method", "amount", "fee", "status", "status_prop", "address",
            "tag", "txid", "key", "created", "due",
        ]  # fmt: skip
        assert (seen["kind"], seen["asset"], seen["amount"], seen["status"]) == (
            "deposit", "BTC", "1.5000000000", "Settled",
        )  # fmt: skip
        assert (seen["txid"], seen["address"], seen["account_id"]) == ("abc", "bc1qown", 1)
        row, _opened = (await server.call("DepositStatus", asset="XBT")).result
        assert (row["refid"], row["txid"], row["status"]) == (seen["refid"], "abc", "Settled")
        await server.post("/clock", now=seen["due"])
        assert (await server.call("DepositStatus", asset="XBT")).result[0]["status"] == "Success"

    inside(story)


def test_a_manual_deposit_waits_for_its_tester() -> None:
    async def story(server: Inside) -> None:
        refid = (await server.post("/accounts/demo/deposits", asset="XBT", amount=1, manual=True)).json["refid"]
        await server.post("/clock", advance="365d")
        assert (await server.get("/funding")).json[0]["status"] == "Settled"
        driven = await server.post(f"/funding/{refid}", status="success")
        assert (driven.status, driven.json["status"]) == (200, "Success")
        taken_back = await server.post(f"/funding/{refid}", status="Failure", status_prop="return")
        assert (taken_back.json["status"], taken_back.json["status_prop"]) == ("Failure", "return")

    inside(story)


async def saved(server: Inside, **more: object) -> Answer:
    """A place to withdraw bitcoin to."""
    place = {"asset": "XBT", "key": "cold", "address": "bc1qcold", **more}
    return await server.post("/accounts/demo/withdraw-keys", **place)


def test_a_withdraw_key_is_what_withdraw_asks_for() -> None:
    async def story(server: Inside) -> None:
        answer = await saved(server, tag="7", verified=False)
        assert answer.status == 201
        assert answer.json == {
            "key": "cold", "asset": "BTC", "method": "Bitcoin", "address": "bc1qcold", "tag": "7", "verified": False,
        }  # fmt: skip
        refid = (await server.call("Withdraw", asset="XBT", key="cold", amount="0.5")).result["refid"]
        transfer = (await server.get("/funding")).json[0]
        assert (transfer["refid"], transfer["kind"], transfer["key"], transfer["status"]) == (
            refid, "withdrawal", "cold", "Initial",
        )  # fmt: skip

    inside(story)


def test_a_withdrawal_is_driven_step_by_step() -> None:
    async def story(server: Inside) -> None:
        await saved(server)
        refid = (await server.call("Withdraw", asset="XBT", key="cold", amount="0.5")).result["refid"]
        steps = [("On hold", "onhold"), ("Pending", None), ("Settled", None), ("Success", None), ("Failure", "return")]
        for status, note in steps:
            moved = await server.post(f"/funding/{refid}", status=status, status_prop=note)
            assert (moved.status, moved.json["status"], moved.json["status_prop"]) == (200, status, note)
        (row,) = (await server.call("WithdrawStatus", asset="XBT")).result
        assert (row["status"], row["status-prop"]) == ("Failure", "return")

    inside(story)


def test_a_note_alone_can_be_set() -> None:
    async def story(server: Inside) -> None:
        await saved(server)
        refid = (await server.call("Withdraw", asset="XBT", key="cold", amount="0.5")).result["refid"]
        noted = (await server.post(f"/funding/{refid}", status_prop="cancel pending")).json
        assert (noted["status"], noted["status_prop"]) == ("Initial", "cancel-pending")

    inside(story)


def test_transfers_are_listed_newest_first_and_by_account() -> None:
    async def story(server: Inside) -> None:
        await server.account("ann")
        for name in ("demo", "ann", "demo"):
            await server.post(f"/accounts/{name}/deposits", asset="XBT", amount=1)
        listed = [transfer["account_id"] for transfer in (await server.get("/funding")).json]
        assert (listed[:3], set(listed[3:])) == ([1, 3, 1], {1, 2})
        assert [transfer["account_id"] for transfer in (await server.get("/funding", "account=3")).json] == [3]
        assert (await server.get("/funding", "account=9")).problem == (
            404,
            "there is no account '9': GET /accounts lists them",
        )

    inside(story)


def test_delays_are_seconds_or_texts_and_what_is_left_out_stays() -> None:
    async def story(server: Inside) -> None:
        before = (await server.get("/delays")).json
        changed = await server.post("/delays", deposit_settled="1h", withdrawal_pending=0.5)
        assert changed.json == {**before, "deposit_settled": 3600.0, "withdrawal_pending": 0.5}
        seen = (await server.post("/accounts/demo/deposits", asset="XBT", amount=1)).json
        assert seen["due"] != seen["created"]
        await server.post("/clock", advance="3599s")
        assert (await server.get("/funding")).json[0]["status"] == "Settled"
        await server.post("/clock", advance=1)
        assert (await server.get("/funding")).json[0]["status"] == "Success"

    inside(story)


def test_a_deposit_without_delay_is_there_at_the_next_moment() -> None:
    async def story(server: Inside) -> None:
        await server.post("/delays", deposit_settled=0)
        await server.post("/accounts/demo/deposits", asset="XBT", amount=1)
        await server.post("/clock", advance=0)
        assert (await server.get("/funding")).json[0]["status"] == "Success"

    inside(story)


def test_the_books_show_every_asset_with_the_exchanges_own_side() -> None:
    async def story(server: Inside) -> None:
        await saved(server)
        await server.call("Withdraw", asset="XBT", key="cold", amount="0.5")
        await server.call("AddOrder", pair="XBTUSD", type="sell", ordertype="limit", price=90_000, volume=2)
        books = (await server.get("/books")).json
        assert books["balanced"] is True
        assert books["assets"]["BTC"] == {
            "clients": "16.0000000000",
            "holds": "2.0000000000",
            "outgoing": "0.5000000000",
            "exchange": {"custody": "-16.0000000000"},
            "sum": "0.0000000000",
        }

    inside(story)


def test_books_that_do_not_sum_to_zero_say_so() -> None:
    async def story(server: Inside) -> None:
        purse = next(iter(server.machine.state.ledger.of_account(1)))
        purse.free.balance += 1
        assert (await server.get("/books")).json["balanced"] is False
        purse.free.balance -= 1

    inside(story)


@pytest.mark.parametrize("word", ["expiry", "valid_until", "expires", "expires_at"])
def test_the_end_of_a_key_goes_by_the_venues_word_too(word: str) -> None:
    async def story(server: Inside) -> None:
        short = await key(server, **{word: "2030-01-01"})
        assert (await server.send(short.call("GetApiKeyInfo"))).result["valid_until"] == "1893456000"

    inside(story)


@pytest.mark.parametrize("word", ["ips", "ip_allowlist", "allowed_ips"])
def test_a_keys_addresses_go_by_the_venues_word_too(word: str) -> None:
    async def story(server: Inside) -> None:
        home = await key(server, **{word: ["127.0.0.1"]})
        assert (await server.send(home.call("GetApiKeyInfo"))).result["ip_allowlist"] == ["127.0.0.1"]

    inside(story)


@pytest.mark.parametrize("word", ["one_time_password", "otp", "password"])
def test_a_keys_password_goes_by_the_venues_word_too(word: str) -> None:
    async def story(server: Inside) -> None:
        careful = await key(server, **{word: "open sesame"})
        assert (await server.send(careful.call("Balance"))).error == "EAPI:Invalid signature"
        assert (await server.send(careful.call("Balance", otp="open sesame"))).result

    inside(story)


def test_permissions_are_read_in_any_case_and_with_spaces_or_underscores() -> None:
    async def story(server: Inside) -> None:
        issued = await server.post("/accounts/1/keys", permissions=["Query funds", "query_ledger", "MODIFY-TRADES"])
        assert issued.json["permissions"] == ["modify-trades", "query-funds", "query-ledger"]

    inside(story)


def test_a_venue_and_a_tier_are_read_in_any_case() -> None:
    async def story(server: Inside) -> None:
        opened = await server.post("/accounts", name="ann", venue="Kraken", tier="Pro")
        assert opened.json["venue"] == "kraken"
        assert server.machine.state.accounts[opened.json["id"]].account.tier == "pro"

    inside(story)


def test_a_withdraw_keys_name_and_memo_go_by_these_words_too() -> None:
    async def story(server: Inside) -> None:
        place = {"asset": "XLM", "name": "cold", "address": "GCOLD", "memo": "7"}
        saved_as = (await server.post("/accounts/demo/withdraw-keys", **place)).json
        assert (saved_as["key"], saved_as["tag"]) == ("cold", "7")

    inside(story)


def test_a_step_takes_the_status_prop_as_the_venue_writes_it() -> None:
    async def story(server: Inside) -> None:
        refid = (await server.post("/accounts/demo/deposits", asset="XBT", amount=1)).json["refid"]
        moved = await server.post(f"/funding/{refid}", **{"status": "Failure", "status-prop": "return"})
        assert (moved.json["status"], moved.json["status_prop"]) == ("Failure", "return")

    inside(story)


@pytest.mark.parametrize("now", ["2030-01-01T00:00:00Z", 1893456000, 1893456000000000000])
def test_the_clock_is_set_by_a_date_by_seconds_or_by_nanoseconds(now: object) -> None:
    async def story(server: Inside) -> None:
        assert (await server.post("/clock", now=now)).json["now_ns"] == 1893456000 * 10**9

    inside(story)


NOT_JSON = (b"{", b"[", b"nonsense", b'{"name": "\xff\xfe"}', b'{"name": "\xed\xa0\x80"}', b"\x00", b'{"name": NaN}')
WRONG = [
    ("/accounts", {"nmae": "ann"}, 400, "unknown field `nmae`"),
    ("/accounts", {"name": 7}, 400, "Expected `str"),
    ("/accounts", [], 400, "Expected `object`"),
    ("/accounts", {"name": "demo"}, 409, "an account of that name exists already"),
    ("/accounts", {"venue": "nowhere"}, 422, "unknown venue 'nowhere'"),
    ("/accounts", {"tier": "king"}, 422, "unknown tier 'king'"),
    ("/accounts", {"balances": {"NOPE": "1"}}, 422, "unknown asset 'NOPE'"),
    ("/accounts", {"balances": {"USD": "-1"}}, 422, "is no amount of USD"),
    ("/accounts", {"balances": {"USD": "0.00001"}}, 422, "at most 4 decimals"),
    ("/accounts", {"balances": {"USD": "1e3"}}, 422, "is no amount of USD"),
    ("/accounts", {"balances": {"USD": 1e300}}, 422, "is no amount of USD"),
    ("/accounts", {"balances": {"USD": "9" * 18}}, 422, ""),
    ("/accounts", {"balances": {"USD": True}}, 400, "Expected `"),
    ("/accounts/9/keys", {}, 404, "there is no account '9'"),
    ("/accounts/nobody/keys", {}, 404, "there is no account 'nobody'"),
    ("/accounts/0/keys", {}, 404, "there is no account '0'"),
    ("/accounts/-1/keys", {}, 404, "there is no account"),
    ("/accounts/1/keys", {"permissions": ["fly"]}, 422, "unknown permission fly"),
    ("/accounts/1/keys", {"nonce_window": -1}, 422, "nonce_window"),
    ("/accounts/1/keys", {"nonce_window": 2**63}, 422, "nonce_window"),
    ("/accounts/1/keys", {"nonce_window": 10**30}, 422, "nonce_window"),
    ("/accounts/1/keys", {"one_time_password": "a", "totp_secret": "JBSWY3DP"}, 422, "leave one of them out"),
    ("/accounts/1/keys", {"totp_secret": "not base 32!"}, 422, "base32"),
    ("/accounts/1/keys", {"totp_secret": "JBSWY3DPé"}, 422, "base32"),
    ("/accounts/1/keys", {"totp_secret": "= ="}, 422, "must not be empty"),
    ("/accounts/1/keys", {"one_time_password": ""}, 422, "one_time_password"),
    ("/accounts/1/keys", {"expiry": "soon"}, 422, "is no moment"),
    ("/accounts/1/keys", {"query_to": "0001-01-01"}, 422, "is before 1970"),
    ("/accounts/1/keys", {"expires": 1, "expiry": 2}, 422, "expiry is given twice"),
    ("/accounts/1/keys", {"otp": 7}, 400, "Expected `str | null`, got `int` - at `$.one_time_password`"),
    ("/accounts/1/keys", [], 400, "Expected `object`"),
    ("/accounts/1/keys", {"ips": ["localhost"]}, 422, "is no address or network"),
    ("/accounts/1/deposits", {}, 400, "missing required field `asset`"),
    ("/accounts/1/deposits", {"asset": "XBT"}, 400, "missing required field `amount`"),
    ("/accounts/1/deposits", {"asset": "NOPE", "amount": 1}, 422, "unknown asset 'NOPE'"),
    ("/accounts/1/deposits", {"asset": "XBT", "amount": "lots"}, 422, "is no amount of BTC"),
    ("/accounts/1/deposits", {"asset": "XBT", "amount": 0}, 422, "a deposit of BTC by Bitcoin must be at least 0.00"),
    ("/accounts/1/deposits", {"asset": "XBT", "amount": 1, "method": "Pigeon"}, 422, "no such method"),
    ("/accounts/1/deposits", {"asset": "ETH2.S", "amount": 1}, 422, "read-only"),
    ("/accounts/9/deposits", {"asset": "XBT", "amount": 1}, 404, "there is no account '9'"),
    ("/accounts/1/withdraw-keys", {"asset": "XBT", "key": "cold"}, 400, "missing required field `address`"),
    ("/accounts/1/withdraw-keys", {"asset": "XBT", "key": "taken", "address": "x"}, 409, "of that name"),
    ("/accounts/1/withdraw-keys", {"asset": "XBT", "key": "k", "address": "x", "method": "Pigeon"}, 422, "method"),
    ("/accounts/1/withdraw-keys", {"asset": "ETH2.S", "key": "k", "address": "x"}, 422, "read-only"),
    (
        "/accounts/1/withdraw-keys",
        {"asset": "XBT", "key": "", "address": "x"},
        422,
        "must have a name, key, and an address",
    ),
    (
        "/accounts/1/withdraw-keys",
        {"asset": "XBT", "key": "k", "address": ""},
        422,
        "must have a name, key, and an address",
    ),
    ("/funding/QAAAAAA-AAAAAA-AAAAAA", {"status": "Success"}, 404, "there is no transfer"),
    ("/funding/nonsense", {"status": "Success"}, 404, "there is no transfer 'nonsense'"),
    ("/funding/{refid}", {}, 422, "give a status, a status_prop, or both"),
    ("/funding/{refid}", {"status": "Lost"}, 422, "unknown status 'Lost'"),
    ("/funding/{refid}", {"status_prop": "lost"}, 422, "unknown status_prop 'lost'"),
    ("/funding/{refid}", {"status": "Pending"}, 409, "cannot take that step"),
    ("/delays", {"deposit_settled": -1}, 422, "is no duration"),
    ("/delays", {"deposit_settled": "soon"}, 422, "is no duration"),
    ("/clock", {"now": "yesterday"}, 422, "is no moment"),
    ("/clock", {"now": 0}, 409, "time does not go back"),
    ("/clock", {"now": 2030}, 422, "give 2030-01-01, or 1970-01-01T00:33:50Z"),
    ("/clock", {"now": "20301231"}, 422, "give 2030-12-31"),
    ("/clock", {"now": "1969-12-31"}, 422, "is before 1970"),
    ("/clock", {"now": LATER}, 422, "the world's time ends at 2100-01-01T00:00:00Z"),
    ("/clock", {"advance": "100000w"}, 422, "the world's time ends at"),
    ("/clock", {"advance": "-1"}, 422, "is no duration"),
    ("/clock", {"speed": 0}, 422, "is no speed"),
    ("/clock", {"speed": "warp"}, 422, "is no speed"),
    ("/clock", {"advance": 5, "speed": 0}, 422, "is no speed"),
    ("/clock", {"frozen": "yes"}, 400, "Expected `bool | null`"),
    ("/clock", {"forzen": True}, 400, "unknown field `forzen`"),
]


async def refused_without_change(server: Inside, ask: Callable[[], Awaitable[Answer]]) -> tuple[int, str]:
    """The problem that came back; nothing may have changed."""
    before, clock = server.machine.fingerprint(), server.world.clock.note
    problem = (await ask()).problem
    assert (server.machine.fingerprint(), server.world.clock.note) == (before, clock)
    return problem


@pytest.mark.parametrize(("path", "body", "status", "says"), WRONG)
def test_what_cannot_be_done_is_a_problem_and_changes_nothing(path: str, body: object, status: int, says: str) -> None:
    async def story(server: Inside) -> None:
        await saved(server, key="taken")
        seen = await server.post("/accounts/demo/deposits", asset="XBT", amount=1)
        where = PREFIX + path.replace("{refid}", seen.json["refid"])
        found = await refused_without_change(server, lambda: server.ask("POST", where, msgspec.json.encode(body)))
        assert found[0] == status, found
        assert says in found[1]

    inside(story)


@pytest.mark.parametrize("body", NOT_JSON)
@pytest.mark.parametrize("path", ["/accounts", "/accounts/1/keys", "/accounts/1/deposits", "/clock", "/delays"])
def test_what_is_no_json_is_a_problem_and_changes_nothing(path: str, body: bytes) -> None:
    async def story(server: Inside) -> None:
        found = await refused_without_change(server, lambda: server.ask("POST", PREFIX + path, body))
        assert found[0] == 400
        assert found[1].startswith("the body is not what this call takes: ")

    inside(story)


def test_text_that_is_no_unicode_never_reaches_the_store() -> None:
    async def story(server: Inside) -> None:
        lone_surrogate = b'{"name": "\\ud800"}'
        found = await refused_without_change(server, lambda: server.ask("POST", f"{PREFIX}/accounts", lone_surrogate))
        assert found[0] == 400

    inside(story)


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/accounts", {"name": "a\0"}),
        ("/accounts/demo/keys", {"name": "a\0"}),
        ("/accounts/demo/deposits", {"asset": "XBT", "amount": "1", "txid": "a\0"}),
        ("/accounts/demo/withdraw-keys", {"asset": "XBT", "key": "cold", "address": "a\0"}),
    ],
)
def test_text_that_postgresql_cannot_keep_never_reaches_a_store(path: str, body: dict[str, object]) -> None:
    async def story(server: Inside) -> None:
        found = await refused_without_change(server, lambda: server.post(path, **body))
        assert found == (422, "no text may hold the character U+0000: leave it out")

    inside(story)


@pytest.mark.parametrize("parts", [1, 7])
def test_a_body_too_large_is_a_problem(parts: int) -> None:
    async def story(server: Inside) -> None:
        part = b'{"name": "' + b"x" * (MAX_BODY_BYTES // parts + 1)
        body = [part] * parts
        found = await refused_without_change(server, lambda: server.ask("POST", f"{PREFIX}/accounts", body))
        assert found == (413, f"a body of more than {MAX_BODY_BYTES} bytes is not read: send less")

    inside(story)


def test_a_body_that_ends_early_changes_nothing() -> None:
    async def story(server: Inside) -> None:
        body = b'{"name": "ann"}'
        found = await refused_without_change(server, lambda: server.ask("POST", f"{PREFIX}/accounts", body, cut=True))
        assert found[0] == 400

    inside(story)


def test_a_body_in_many_parts_is_one_body() -> None:
    async def story(server: Inside) -> None:
        parts = [bytes([byte]) for byte in b'{"name": "ann"}']
        assert (await server.ask("POST", f"{PREFIX}/accounts", parts)).json["name"] == "ann"

    inside(story)


@pytest.mark.parametrize("path", ["/_seatrial/v1/nothing", "/_seatrial/v2/health", "/_seatrial/", "/_seatrial/v1"])
def test_a_path_that_is_none_is_a_problem(path: str) -> None:
    async def story(server: Inside) -> None:
        status, detail = (await server.ask("GET", path)).problem
        assert (status, detail) == (404, f"there is no {path}: /_seatrial/openapi.json lists what there is")

    inside(story)


@pytest.mark.parametrize(
    ("verb", "path", "allowed"),
    [
        ("DELETE", "/accounts", {"GET", "HEAD", "POST"}),
        ("POST", "/health", {"GET", "HEAD"}),
        ("GET", "/accounts/1/keys", {"POST"}),
        ("PUT", "/clock", {"GET", "HEAD", "POST"}),
    ],
)
def test_a_wrong_verb_is_a_problem_that_says_which_are_right(verb: str, path: str, allowed: set[str]) -> None:
    """Source of the header: RFC 9110, 15.5.6."""

    async def story(server: Inside) -> None:
        answer = await server.ask(verb, PREFIX + path)
        assert answer.problem == (405, f"{PREFIX}{path} does not take {verb}")
        assert set(answer.headers["allow"].split(", ")) == allowed

    inside(story)


def test_a_path_of_nobodys_is_a_problem() -> None:
    async def story(server: Inside) -> None:
        for path in ("/", "/apis/v1/accounts", "/favicon.ico", "/_seatrial"):
            assert (await server.ask("GET", path)).problem[0] == 404

    inside(story)


def test_a_bug_is_a_problem_too_and_is_logged(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def story(server: Inside) -> None:
        monkeypatch.setattr("seatrial.server.control.views.books", lambda _: 1 / 0)
        assert (await server.get("/books")).problem == (500, "the server met a bug: its log says where")
        assert (await server.get("/health")).status == 200

    inside(story)
    assert "GET /books met a bug" in caplog.text
    assert "ZeroDivisionError" in caplog.text


def test_an_account_named_like_a_number_does_not_hide_the_account_of_that_number() -> None:
    async def story(server: Inside) -> None:
        await server.account("1")
        assert (await server.post("/accounts/1/keys")).json["account_id"] == 1
        await server.post("/accounts/3/deposits", asset="BTC", amount=1)
        demo = (await server.get("/funding", "account=1")).json
        assert {transfer["account_id"] for transfer in demo} == {1}
        assert len((await server.get("/funding", "account=3")).json) == 1

    inside(story)


def test_an_account_and_its_key_are_one_commit(monkeypatch: pytest.MonkeyPatch) -> None:
    async def story(server: Inside) -> None:
        commit, held = server.world._store.commit, []

        def noted(batch: Any) -> None:
            held.append({write.table.name for write in batch.writes})
            commit(batch)

        monkeypatch.setattr(server.world._store, "commit", noted)
        await server.account("ann", USD="1")
        (tables,) = held
        assert tables >= {"accounts", "api_keys", "postings", "purses"}

    inside(story)


def test_names_of_any_script_and_length_come_back_as_they_were() -> None:
    async def story(server: Inside) -> None:
        names = ["Zoë", "取引所", "a/b?c", "x" * 10_000, "'; DROP TABLE accounts; --"]
        for name in names:
            await server.account(name)
        assert [account["name"] for account in (await server.get("/accounts")).json][2:] == names

    inside(story)


def test_every_moment_is_written_as_rfc_3339() -> None:
    async def story(server: Inside) -> None:
        seen = (await server.post("/accounts/demo/deposits", asset="XBT", amount=1)).json
        shown = [seen["created"], seen["due"], (await server.get("/health")).json["now"]]
        assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z", text) for text in shown)

    inside(story)


def test_an_account_is_opened_with_deposits_that_have_arrived() -> None:
    async def story(server: Inside) -> None:
        balances = {"EUR": "5000", "XBT": "0.00000001", "ETH2.S": "1", "KFEE": "50", "USDT": "0"}
        opened = (await server.post("/accounts", name="ann", balances=balances)).json
        ann = Signer(opened["key"], opened["secret"])
        entries = list((await server.send(ann.call("Ledgers"))).result["ledger"].values())[::-1]
        assert [(entry["asset"], entry["type"]) for entry in entries] == [
            ("ZEUR", "deposit"), ("XXBT", "deposit"), ("ETH2.S", "transfer"), ("KFEE", "deposit"),
        ]  # fmt: skip
        rows = (await server.send(ann.call("DepositStatus"))).result[::-1]
        assert [row["refid"] for row in rows] == [entry["refid"] for entry in entries[:2]]
        assert [(row["method"], row["asset"], row["amount"], row["fee"], row["status"]) for row in rows] == [
            ("Bank Frick (SEPA)", "ZEUR", "5000.0000", "0.0000", "Success"),
            ("Bitcoin", "XXBT", "0.0000000100", "0.0000000000", "Success"),
        ]  # fmt: skip
        assert all(row["txid"] and row["info"] for row in rows)
        asked = await server.send(ann.call("DepositAddresses", asset="XBT", method="Bitcoin", new=True))
        assert asked.result[0]["address"] != rows[1]["info"]
        books = (await server.get("/books")).json
        assert books["balanced"]

    inside(story)


@pytest.mark.parametrize(("opening", "kind"), [("Transfer", "Transfer"), ("deposit", "Deposit"), (None, "Deposit")])
def test_a_kucoin_users_opening_lies_in_the_wallet_that_it_names(opening: str | None, kind: str) -> None:
    async def story(server: Inside) -> None:
        said = {} if opening is None else {"opening": opening}
        wanted = {"venue": "kucoin", "balances": {"USDT": "10", "main:BTC": "1"}, **said}
        opened = (await server.post("/accounts", **wanted)).json
        kim = KucoinSigner(opened["key"], opened["secret"], opened["passphrase"])
        rows = (await server.kucoin(kim, "GET", "/api/v1/accounts/ledgers")).json["data"]["items"]
        assert {(row["currency"], row["accountType"], row["bizType"]) for row in rows} == {
            ("USDT", "TRADE", kind), ("BTC", "MAIN", kind),
        }  # fmt: skip
        listed = (await server.kucoin(kim, "GET", "/api/v1/deposits")).json["data"]["items"]
        assert sorted(row["currency"] for row in listed) == (["BTC", "USDT"] if kind == "Deposit" else [])

    inside(story)


def test_an_account_is_opened_in_one_of_two_ways() -> None:
    async def story(server: Inside) -> None:
        refused = await server.post("/accounts", opening="airdrop")
        assert refused.problem == (422, "unknown opening 'airdrop': one of deposit, transfer")

    inside(story)


@pytest.mark.parametrize(
    ("fee", "says"),
    [("400", "the fee is taken out of the amount"), ("400.01", "the fee is taken out"), ("-1", "no amount of EUR")],
)
def test_a_deposit_costs_less_than_it_brings(fee: str, says: str) -> None:
    async def story(server: Inside) -> None:
        refused = await server.post("/accounts/demo/deposits", asset="EUR", amount="400", fee=fee)
        assert refused.problem[0] == 422
        assert says in refused.problem[1]

    inside(story)


def test_a_deposit_that_costs_a_fee_shows_it_beside_the_amount_and_gives_it_back() -> None:
    async def story(server: Inside) -> None:
        ann = await server.account("ann")
        made = await server.post("/accounts/ann/deposits", asset="EUR", amount="400", fee=2.25, manual=True)
        assert (made.json["amount"], made.json["fee"]) == ("400.0000", "2.2500")
        await server.post(f"/funding/{made.json['refid']}", status="Success")
        (entry,) = (await server.send(ann.call("Ledgers"))).result["ledger"].values()
        assert (entry["amount"], entry["fee"], entry["balance"]) == ("400.0000", "2.2500", "397.7500")
        (row,) = (await server.send(ann.call("DepositStatus"))).result
        assert (row["amount"], row["fee"]) == ("400.0000", "2.2500")
        await server.post(f"/funding/{made.json['refid']}", status="Failure")
        assert (await server.send(ann.call("Balance"))).result == {"ZEUR": "0.0000"}
        assert (await server.get("/books")).json["balanced"]

    inside(story)
