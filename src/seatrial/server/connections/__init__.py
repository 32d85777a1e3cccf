"""Everything between a socket and a call: accepting, HTTP/1.1, remembered heads, ASGI, WebSockets.

One port takes whatever comes, and each further protocol has one place here:

- TLS: `HttpServer._connect` looks at the first byte without reading it, with a limit for those who stay silent, and the
  loop speaks TLS where that byte says so. Who the server is then: `server/tls/`.
- WebSocket: `HttpConnection._hand_over`, when it is the turn of a request that asks for one at a path that has one,
  gives the transport to a `WebSocketConnection`, with the bytes that came behind the head. Elsewhere such a request is
  answered as any other.
- CONNECT: `Request.read_target` refuses its target, which has no path. Where it does not, `HttpConnection._serve` hands
  the transport over in the same way.
"""
