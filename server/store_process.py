"""How a store process is started, and what it makes of journalled rows."""

import logging
import sys
from pathlib import Path
from typing import Final

__all__ = ("COMMAND", "main")

_ROOT: Final = str(Path(__file__).resolve().parent.parent)
COMMAND: Final = (
    sys.executable,
    "-P",  # no folder but ours on the path: the server may have been started in one that holds a config.py of its own
    "-c",
    "import sys; sys.path.insert(0, sys.argv[1]); from server.store_process import main; main()",
    _ROOT,
)
"""The program; a descriptor's number follows."""


def main() -> None:
    """Serve the server whose socket's descriptor is the last argument."""
    # Here, as the server has the command alone from this file: it loads no driver.
    from storage.process.child import serve
    from tracing.raw import expansion

    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(asctime)s %(levelname)s store: %(message)s")
    logging.getLogger("alembic").setLevel(logging.WARNING)
    serve(int(sys.argv[-1]), expansion)
