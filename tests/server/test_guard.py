"""Who may use the control API: this machine, or whoever shows the token; never a web page."""

import pytest

from inside import HERE, PREFIX, Answer, Inside, inside

TOKEN = "a token that nobody guesses"
DOORS = [("GET", "/accounts"), ("POST", "/accounts"), ("POST", "/clock"), ("GET", "/../openapi.json")]


def knock(
    verb: str, path: str, headers: list[tuple[str, str]], *, client: str = "127.0.0.1", token: str | None = None
) -> Answer:
    """The answer to a request from somewhere; when it was refused, nothing may have changed."""

    async def story(server: Inside) -> Answer:
        before = server.machine.fingerprint()
        where = "/_seatrial/openapi.json" if path.endswith("openapi.json") else PREFIX + path
        answer = await server.ask(verb, where, headers=headers, client=client)
        assert answer.status < 400 or server.machine.fingerprint() == before
        return answer

    return inside(story, token=token)


@pytest.mark.parametrize("client", ["127.0.0.1", "127.9.8.7", "::1", "::ffff:127.0.0.1"])
@pytest.mark.parametrize("host", ["127.0.0.1:8790", "localhost", "LOCALHOST:1", "[::1]:8790", "127.1.2.3"])
def test_this_machine_may_come_in(client: str, host: str) -> None:
    assert knock("GET", "/accounts", [("host", host)], client=client).status == 200


@pytest.mark.parametrize("client", ["192.0.2.1", "10.0.0.1", "::", "2001:db8::1", "::ffff:192.0.2.1", ""])
@pytest.mark.parametrize(("verb", "path"), DOORS)
def test_another_machine_may_not(client: str, verb: str, path: str) -> None:
    status, detail = knock(verb, path, list(HERE), client=client).problem
    assert (status, detail) == (403, "only this machine may call this; start the server with --token")


@pytest.mark.parametrize(
    "host",
    ["evil.example", "127.0.0.1.evil.example", "localhost.evil.example", "evil.example:8790", "", "[", "[::1", "a]b"],
)
@pytest.mark.parametrize(("verb", "path"), DOORS)
def test_a_name_that_was_bent_to_this_machine_may_not(host: str, verb: str, path: str) -> None:
    """A page of evil.example can make its own name resolve to a loopback address."""
    status, detail = knock(verb, path, [("host", host)]).problem
    assert (status, detail) == (403, "call this by a loopback address or as localhost")


def test_a_request_without_a_host_may_not() -> None:
    assert knock("GET", "/accounts", []).problem[0] == 403


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "http://localhost.evil.example", "null", "", "file://", "http://[", "localhost"]
)
@pytest.mark.parametrize(("verb", "path"), DOORS)
def test_a_page_of_another_site_may_not(origin: str, verb: str, path: str) -> None:
    status, detail = knock(verb, path, [*HERE, ("origin", origin)]).problem
    assert (status, detail) == (403, "pages of other sites may not call this")


@pytest.mark.parametrize("origin", ["http://localhost:3000", "http://127.0.0.1", "http://[::1]:8790"])
def test_a_page_of_this_machine_may(origin: str) -> None:
    assert knock("GET", "/accounts", [*HERE, ("origin", origin)]).status == 200


@pytest.mark.parametrize("header", ["x-forwarded-for", "forwarded", "x-real-ip"])
@pytest.mark.parametrize(("verb", "path"), DOORS)
def test_a_call_that_a_proxy_on_this_machine_passed_on_may_not(header: str, verb: str, path: str) -> None:
    status, detail = knock(verb, path, [*HERE, (header, "127.0.0.1")]).problem
    assert (status, detail) == (403, "only this machine may call this; start the server with --token")


def test_whoever_shows_the_token_comes_in_from_anywhere() -> None:
    headers = [("host", "exchange.example"), ("authorization", f"Bearer {TOKEN}")]
    assert knock("GET", "/accounts", headers, client="192.0.2.1", token=TOKEN).status == 200


@pytest.mark.parametrize(
    "headers",
    [
        [],
        [("authorization", "")],
        [("authorization", "Bearer")],
        [("authorization", "Bearer ")],
        [("authorization", TOKEN)],
        [("authorization", f"bearer {TOKEN}")],
        [("authorization", f"Bearer {TOKEN}x")],
        [("authorization", f"Bearer {TOKEN[:-1]}")],
        [("authorization", "Bearer \xff\xfe")],
    ],
)
@pytest.mark.parametrize("client", ["127.0.0.1", "192.0.2.1"])
@pytest.mark.parametrize(("verb", "path"), DOORS)
def test_with_a_token_set_nobody_comes_in_without_it(
    headers: list[tuple[str, str]], client: str, verb: str, path: str
) -> None:
    status, detail = knock(verb, path, [*HERE, *headers], client=client, token=TOKEN).problem
    assert (status, detail) == (401, "show the token: Authorization: Bearer …")
    assert TOKEN not in detail


def test_the_venues_paths_are_open_to_all() -> None:
    async def story(server: Inside) -> None:
        answer = await server.ask("GET", "/0/public/Time", headers=[("host", "evil.example")], client="192.0.2.1")
        assert answer.result["unixtime"]

    inside(story, token=TOKEN)
