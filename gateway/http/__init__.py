"""HTTP/1.1 to upstreams: connections that carry one request at a time, over asyncio, parsed by llhttp.

Written here because it is the hot path, and because no library that was measured lets go of a request at once when its client leaves
(docs/decisions/0003-upstream-client.md). ``connection`` speaks the protocol, ``pool`` keeps connections to one address, ``origin`` says where
that is, ``tunnel`` leads through a proxy.

HttpError
├── Unreachable    no connection: refused, unknown host, TLS, proxy
├── Broken         the answer was cut, or is no HTTP
└── Overdue        one of the clocks ran out; ``clock`` is its setting
"""
