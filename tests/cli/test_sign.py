"""`seatrial sign` works out the published vectors and never shows a private key. Source: kraken-rest#test-vectors."""

import json
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from seatrial import version
from seatrial.cli.main import app, main
from seatrial.dialects.kucoin import auth

SECRET = "kQH5HW/8p1uGOVjbgWA7FunAmGO8lsSUXNsu3eow76sz84Q18fWxnyRzBHCd3pd5nE9qa99HAZtuZuj6F1huXg=="
NONCE = "1616492376594"
INPUT = ("ordertype=limit", "pair=XBTUSD", "price=37500", "type=buy", "volume=1.25")
VECTOR_A = "4/dpxb3iT4tp/ZCVEwSnEsLxx0bqyhLpdfOpc6fn7OR8+UClSV5n9E6aSS8MPtnRfp32bAb0nmbRn6H8ndwLUQ=="
VECTOR_B = "1j2wTVcCjQvueYQKkvwE3KMKUKZ2X44OnlJOYr2nPt3WwRIl69rXv3dyHxdoxHIc88DGbIR+WwRtR0qudfAL+w=="
VECTOR_C = "r/o+GpKxXjV/mls/r5CKLu5R+yzK5psqvQ4hXxMX1nzdxTBhV+ui82QGgPZMMitpFwCOAdPEZMmXgZxD2chJEg=="
VECTOR_E = "gYHMpEH+tzbU6Codp09PsL4lhdT9/yCLy1dif9vMvOy3Z15BxCv3HE5IeP/StUlnxYSNv6JoRD1bIg4fjntEYQ=="
BODY_A = "nonce=1616492376594&ordertype=limit&pair=XBTUSD&price=37500&type=buy&volume=1.25"
INNER_A = "23a1c1b34c6a11d641af0f24684896cb90f66fb991125c83dc357bdc3dc146f1"


def sign(*arguments: str, typed: str = SECRET + "\n", env: dict[str, str] | None = None) -> Result:
    """Run the command with the private key on standard input."""
    return CliRunner().invoke(app, ["sign", *arguments], input=typed, env=env)


def signature(*arguments: str) -> str:
    """The API-Sign header that the command works out."""
    result = sign(*arguments, "--json")
    assert result.exit_code == 0, result.output
    return str(json.loads(result.stdout)["headers"]["API-Sign"])


def test_key_value_input_becomes_the_published_order() -> None:
    assert signature("AddOrder", *INPUT, "--nonce", NONCE) == VECTOR_A


def test_a_nested_name_is_encoded_as_kraken_shows_it() -> None:
    assert signature("AddOrder", *INPUT, "close[ordertype]=limit", "close[price]=38000", "--nonce", NONCE) == VECTOR_E


def test_an_endpoint_may_be_a_whole_path() -> None:
    assert signature("/0/private/BalanceEx", "--nonce", NONCE) == VECTOR_B


def test_the_nonce_may_stand_in_the_input() -> None:
    assert signature("BalanceEx", f"nonce={NONCE}") == VECTOR_B


def test_a_raw_form_is_signed_as_it_is_with_the_nonce_it_holds() -> None:
    assert signature("AddOrder", "--data", BODY_A) == VECTOR_A


def test_a_raw_json_body_is_signed_as_it_is_with_the_nonce_it_holds() -> None:
    fields = [f'"{key}":"{value}"' for key, _, value in (argument.partition("=") for argument in INPUT)]
    assert signature("AddOrder", "--data", f'{{"nonce":"{NONCE}",{",".join(fields)}}}') == VECTOR_C


def test_every_step_is_shown_as_json() -> None:
    result = sign("AddOrder", *INPUT, "--nonce", NONCE, "--key", "public-key", "--json")
    assert json.loads(result.stdout) == {
        "path": "/0/private/AddOrder",
        "nonce": NONCE,
        "body": BODY_A,
        "hashed": NONCE + BODY_A,
        "inner_hex": INNER_A,
        "signed_hex": b"/0/private/AddOrder".hex() + INNER_A,
        "headers": {"API-Key": "public-key", "API-Sign": VECTOR_A},
    }


def test_every_step_is_shown_as_a_table() -> None:
    result = sign("AddOrder", *INPUT, "--nonce", NONCE, "--key", "public-key")
    assert result.exit_code == 0
    for shown in (NONCE + BODY_A, INNER_A, f"/0/private/AddOrder + {INNER_A}", "64 bytes"):
        assert shown in result.stdout
    assert result.stdout.endswith(f"API-Key: public-key\nAPI-Sign: {VECTOR_A}\n")


def test_square_brackets_are_shown_as_they_are() -> None:
    assert "close[bold]=1" in sign("AddOrder", "--data", "nonce=5&close[bold]=1").stdout


def test_bytes_that_are_no_text_are_shown_escaped() -> None:
    result = sign("AddOrder", "--data", b"nonce=5&key=\xff".decode(errors="surrogateescape"))
    assert result.exit_code == 0
    assert r"nonce=5&key=\xff" in result.stdout


def test_the_private_key_may_come_from_the_environment_or_an_option() -> None:
    environment = sign("BalanceEx", "--nonce", NONCE, "--secret-env", "MY_SECRET", typed="", env={"MY_SECRET": SECRET})
    option = sign("BalanceEx", "--nonce", NONCE, "--secret", SECRET, typed="")
    assert VECTOR_B in environment.stdout
    assert VECTOR_B in option.stdout


@pytest.mark.parametrize("form", [["--json"], []], ids=["JSON", "table"])
def test_the_private_key_is_never_shown(form: list[str]) -> None:
    for result in (
        sign("BalanceEx", *form),
        sign("BalanceEx", "--secret", SECRET, *form),
        sign("BalanceEx", "--secret-env", "MY_SECRET", *form, env={"MY_SECRET": SECRET}),
        sign("BalanceEx", typed=SECRET + "*"),
        sign("Time", "--secret", SECRET),
    ):
        assert SECRET[:-2] not in result.output


def test_without_a_nonce_the_time_is_taken() -> None:
    result = sign("Balance", "--json")
    assert int(json.loads(result.stdout)["nonce"]) > 1_700_000_000_000


@pytest.mark.parametrize(
    ("arguments", "typed", "said"),
    [
        (["Time"], SECRET, "public"),
        (["Balance!"], SECRET, "no method name"),
        (["Balance", "asset"], SECRET, "key=value"),
        (["Balance", "=XBT"], SECRET, "key=value"),
        (["Balance", "asset=XBT", "--data", "nonce=5"], SECRET, "given twice"),
        (["Balance", "--data", "asset=XBT"], SECRET, "no nonce"),
        (["Balance", "--data", "{"], SECRET, "no nonce"),
        (["Balance", "--nonce", "soon"], SECRET, "64-bit"),
        (["Balance", "--nonce", "99999999999999999999"], SECRET, "64-bit"),
        (["Balance"], "", "--secret-env"),
        (["Balance"], "not base64!", "not base64"),
        (["Balance", "--secret-env", "NOT_SET_AT_ALL"], "", "NOT_SET_AT_ALL"),
        (["Balance", "--secret", SECRET, "--secret-env", "X"], "", "given twice"),
    ],
)
def test_wrong_use_is_one_clear_line_and_status_2(arguments: list[str], typed: str, said: str) -> None:
    result = sign(*arguments, typed=typed)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert result.stderr.startswith("seatrial: ")
    assert result.stderr.count("\n") == 1
    assert said in result.stderr


@pytest.mark.parametrize("data", ["nonce=6", "asset=XBT"])
def test_a_nonce_that_is_not_the_one_in_the_body_is_pointed_out(data: str) -> None:
    result = sign("Balance", "--data", data, "--nonce", "5")
    assert result.exit_code == 0
    assert "the venue will refuse this" in result.stderr
    assert sign("Balance", "--data", "nonce=5", "--nonce", "5").stderr == ""


def test_help_names_both_commands_and_imports_nothing_slow() -> None:
    code = (
        "import sys; sys.argv = ['seatrial', '--help']\n"
        "from seatrial.cli.main import main\n"
        "try: main()\n"
        "except SystemExit as end: assert not end.code\n"
        "slow = {'httpx', 'msgspec', 'sqlalchemy', 'starlette', 'uvloop'} & sys.modules.keys()\n"
        "assert not slow, slow\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "api" in done.stdout
    assert "sign" in done.stdout


def test_the_release_is_named_quickly() -> None:
    code = (
        "import sys; sys.argv = ['seatrial', '--version']\n"
        "from seatrial.cli.main import main\n"
        "try: main()\n"
        "except SystemExit as end: assert not end.code\n"
        "slow = {'httpx', 'msgspec', 'sqlalchemy', 'starlette', 'uvloop'} & sys.modules.keys()\n"
        "assert not slow, slow\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, f"seatrial {version()}\n"), done.stderr
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert version() == project["version"]


def test_the_package_runs_as_a_module() -> None:
    command = [sys.executable, "-m", "seatrial", "sign", "BalanceEx", f"nonce={NONCE}"]
    done = subprocess.run(command, input=SECRET, capture_output=True, text=True, check=False)
    assert VECTOR_B in done.stdout


def test_it_refuses_to_run_without_its_assertions() -> None:
    command = [sys.executable, "-O", "-m", "seatrial", "--help"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert "-O" in done.stderr


def test_an_unknown_command_is_wrong_use(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "argv", ["seatrial", "fly"])
    with pytest.raises(SystemExit) as end:
        main()
    assert end.value.code == 2
    assert "fly" in capsys.readouterr().err


KUCOIN = (
    "--secret",
    "test_api_secret",
    "--timestamp",
    "1700000000000",
    "--passphrase",
    "test_plain",
    "--key",
    "public",
)
PASSPHRASE = "jie/gxS38wLFFaBwl/cAzFbAzlI8MIny96jSXrB+iP4="
"""Signed. Source: kucoin-rest#signature, whose check value it is."""


def kucoin(*arguments: str) -> Any:
    """A call of KuCoin's, worked out for programs."""
    result = sign(*arguments, *KUCOIN, "--json")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def test_a_path_of_kucoins_is_signed_as_kucoin_wants_it() -> None:
    worked = kucoin("/api/v1/accounts", "currency=BTC")
    assert worked["signed"] == "1700000000000GET/api/v1/accounts?currency=BTC"
    assert worked["headers"] == {
        "KC-API-KEY": "public",
        "KC-API-SIGN": auth.sign("1700000000000", "GET", "/api/v1/accounts?currency=BTC", b"", "test_api_secret"),
        "KC-API-TIMESTAMP": "1700000000000",
        "KC-API-PASSPHRASE": PASSPHRASE,
        "KC-API-KEY-VERSION": "3",
    }


def test_the_input_of_a_post_to_kucoin_is_json_and_a_body_is_signed_as_it_is() -> None:
    body = '{"side":"buy","size":"1"}'
    assert kucoin("/api/v1/orders", "side=buy", "size=1", "--verb", "post")["body"] == body
    assert kucoin("/api/v1/orders", "--data", body)["signed"] == f"1700000000000POST/api/v1/orders{body}"
    assert kucoin("/api/v1/orders?symbol=BTC-USDT", "id=5", "--verb", "DELETE")["endpoint"].endswith("USDT&id=5")


@pytest.mark.parametrize(("version", "passphrase"), [("1", "test_plain"), ("2", PASSPHRASE), ("3", PASSPHRASE)])
def test_the_version_of_a_kucoin_key_says_how_its_passphrase_is_sent(version: str, passphrase: str) -> None:
    headers = kucoin("/api/v1/accounts", "--key-version", version)["headers"]
    assert (headers["KC-API-KEY-VERSION"], headers["KC-API-PASSPHRASE"]) == (version, passphrase)


def test_a_signature_of_kucoins_is_shown_step_by_step_without_its_secret() -> None:
    result = sign("/api/v1/accounts", "--timestamp", "1", "--secret-env", "MINE", env={"MINE": "top secret"})
    assert "1. Signed: timestamp + verb + endpoint + body\n    1GET/api/v1/accounts\n" in result.stdout
    assert "KC-API-SIGN: " in result.stdout
    assert "KC-API-PASSPHRASE" not in result.stdout, "none was given"
    assert "--passphrase-env NAME" in result.stderr
    assert "top secret" not in result.output


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["/api/v1/accounts", "--nonce", "1"], "no nonce: give --timestamp"),
        (["/api/v1/accounts", "--timestamp", "soon"], "no number of milliseconds"),
        (["/api/v1/accounts", "--verb", "PATCH"], "none of DELETE, GET, POST"),
        (["/api/v1/accounts", "--key-version", "4"], "none of 1, 2, 3"),
        (["/api/v1/orders", "a=1", "a=2", "--verb", "POST"], "given twice"),
        (["/api/v1/orders", "a=1", "--data", "{}"], "given twice"),
        (["/api/v1/orders", "--passphrase", "a", "--passphrase-env", "B"], "given twice"),
        (["/api/v1/orders", "--passphrase-env", "NOT_SET_AT_ALL"], "NOT_SET_AT_ALL is not set"),
        (["Balance", "--verb", "POST"], "--verb is for a path of KuCoin's"),
        (["Balance", "--passphrase", "x"], "--passphrase is for a path of KuCoin's"),
        (["/v1/accounts"], "Kraken's begin with /0/private/, KuCoin's with /api/"),
        (["/0/public/Time"], "public and needs no signature"),
    ],
)
def test_what_cannot_be_signed_for_a_venue_is_one_clear_line(arguments: list[str], said: str) -> None:
    result = sign(*arguments, "--secret", "x")
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.count("\n") == 1
    assert said in result.stderr
