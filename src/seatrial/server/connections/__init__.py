"""Everything between a socket and a call: accepting, HTTP/1.1, remembered heads, ASGI.

One port takes whatever comes, and each further protocol has one place here:

- TLS: `HttpServer._take` has a socket from which nothing was read. There the first byte is looked at (`MSG_PEEK`, with
  a timer for those who stay silent), and `connect_accepted_socket` is told to speak TLS where that byte says so.
- WebSocket: `HttpConnection._serve` has a whole request whose turn it is, and knows whether it asks for an upgrade.
  There the transport is given another protocol object. The bytes that came behind the head are where `_feed` catches
  `HttpParserUpgrade`; until then they are read as HTTP.
- CONNECT: `Request.read_target` refuses its target, which has no path. Where it does not, `HttpConnection._serve` hands
  the transport over in the same way.
"""
