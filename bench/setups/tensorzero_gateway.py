"""Start the Rust gateway that TensorZero's wheel carries, print where it listens, and wait to be stopped."""

import signal
import sys

from tensorzero import _start_http_gateway  # type: ignore[import-not-found]  # installed in the peer's environment only

gateway = _start_http_gateway(clickhouse_url=None, postgres_url=None, valkey_url=None, config_file=sys.argv[1], async_setup=False)
print(gateway.base_url, flush=True)
signal.pause()
