"""The limit: the least that a signed call can cost under the same uvicorn, served as `seatrial serve` serves.

It routes nothing, parses nothing, keeps nothing: it checks the signature of a Balance call and answers a constant.
"""

import hmac
import sys
from binascii import b2a_base64
from hashlib import sha256

import uvicorn

from seatrial.dialects.kraken import auth
from seatrial.server.app import Receive, Scope, Send
from seatrial.server.serve import Listen, bind, calm_collector, uvicorn_config

PATH = b"/0/private/Balance"
ANSWER = b'{"error":[],"result":{"ZUSD":"100000.0000","XXBT":"10.0000000000"}}'
_HEADERS = [(b"content-type", b"application/json; charset=utf-8"), (b"content-length", b"%d" % len(ANSWER))]


class Echo:
    """The smallest ASGI application that verifies one key's signatures."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = (await receive())["body"]
        signed = PATH + sha256(body.partition(b"=")[2] + body).digest()
        expected = b2a_base64(hmac.digest(self._secret, signed, "sha512"), newline=False)
        given = next((value for name, value in scope["headers"] if name == b"api-sign"), b"")
        status = 200 if hmac.compare_digest(expected, given) else 403
        await send({"type": "http.response.start", "status": status, "headers": _HEADERS})
        await send({"type": "http.response.body", "body": ANSWER})


def main(secret: str) -> None:
    """Serve until interrupted; the port is printed once it listens."""
    calm_collector()
    listener = bind(Listen(port=0))
    print(listener.getsockname()[1], flush=True)
    try:
        uvicorn.Server(uvicorn_config(Echo(auth.decode_secret(secret)))).run(sockets=[listener])
    except KeyboardInterrupt:
        pass
    finally:
        listener.close()


if __name__ == "__main__":
    main(sys.argv[1])
