"""`seatrial sign` works out the published vectors and never shows a private key. Source: kraken-spot-rest 1.6."""

import json
import subprocess
import sys

import pytest
from typer.testing import CliRunner, Result

from seatrial.cli.main import app, main

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
        (["Balance", "asset=XBT", "--data", "nonce=5"], SECRET, "not both"),
        (["Balance", "--data", "asset=XBT"], SECRET, "no nonce"),
        (["Balance", "--data", "{"], SECRET, "no nonce"),
        (["Balance", "--nonce", "soon"], SECRET, "64-bit"),
        (["Balance", "--nonce", "99999999999999999999"], SECRET, "64-bit"),
        (["Balance"], "", "--secret-env"),
        (["Balance"], "not base64!", "not base64"),
        (["Balance", "--secret-env", "NOT_SET_AT_ALL"], "", "NOT_SET_AT_ALL"),
        (["Balance", "--secret", SECRET, "--secret-env", "X"], "", "not both"),
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
        "slow = {'httpx', 'msgspec', 'sqlalchemy', 'starlette', 'uvicorn'} & sys.modules.keys()\n"
        "assert not slow, slow\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "api" in done.stdout
    assert "sign" in done.stdout


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
