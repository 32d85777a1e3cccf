"""The bare limit: the least that a signed call can cost in Python, on the event loop that `seatrial serve` uses.

It routes nothing, parses nothing, keeps nothing: of each request it finds the signature and the body, checks the one
over the other as that of a Balance call, and answers a constant.
"""

import asyncio
import hmac
import signal
import sys
from binascii import b2a_base64
from contextlib import suppress
from hashlib import sha256
from typing import Final, cast

from seatrial.dialects.kraken import auth
from seatrial.server.serve import Listen, bind, calm_collector, new_event_loop

PATH: Final = b"/0/private/Balance"
BODY: Final = b'{"error":[],"result":{"ZUSD":"100000.0000","XXBT":"10.0000000000"}}'
_HEAD: Final = b"HTTP/1.1 %b\r\ncontent-type: application/json; charset=utf-8\r\ncontent-length: %d\r\n\r\n"
GOOD: Final = _HEAD % (b"200 OK", len(BODY)) + BODY
BAD: Final = _HEAD % (b"403 Forbidden", len(BODY)) + BODY

_SIGN: Final = b"\r\nAPI-Sign: "
_END: Final = b"\r\n\r\n"


class Echo(asyncio.Protocol):
    """One connection whose requests come whole and one by one."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Somebody is there."""
        self._write = cast("asyncio.WriteTransport", transport).write  # uvloop's are not registered as such

    def data_received(self, data: bytes) -> None:
        """A request came."""
        head, _, body = data.partition(_END)
        given = head.partition(_SIGN)[2].partition(b"\r\n")[0]
        signed = PATH + sha256(body.partition(b"=")[2] + body).digest()
        expected = b2a_base64(hmac.digest(self._secret, signed, "sha512"), newline=False)
        self._write(GOOD if hmac.compare_digest(expected, given) else BAD)


async def _serve(secret: bytes) -> None:
    """Serve until interrupted; the port is printed once it listens."""
    listener = bind(Listen(port=0))
    server = await asyncio.get_running_loop().create_server(lambda: Echo(secret), sock=listener)
    print(listener.getsockname()[1], flush=True)
    async with server:
        await server.serve_forever()


def main(secret: str) -> None:
    """Serve one key's calls."""
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background ignores it
    calm_collector()
    with suppress(KeyboardInterrupt), asyncio.Runner(loop_factory=new_event_loop) as runner:
        runner.run(_serve(auth.decode_secret(secret)))


if __name__ == "__main__":
    main(sys.argv[1])
