"""The HTTP/1.1 server: asyncio below, ASGI 3 above, llhttp (through httptools) between.

Written here because every request of the gateway passes through it twice, and in a Rust server each crossing of the two runtimes costs more than
the whole of this (docs/decisions/0012-http-server.md). ``protocol`` is one connection, ``cycle`` one request on it, ``pouring``
a large body on its way into a file, ``acceptor`` takes connections, ``listener`` is the clock and the end of all of them.
"""
