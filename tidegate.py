"""Start Tidegate with its own packages first on the import path.

The packages have short names (``gateway``, ``config``). In a wheel they lie under ``_tidegate/``, where no other distribution looks;
in a checkout they lie beside this file.
"""

import gc
import sys
from pathlib import Path

__all__ = ("main",)


def main() -> None:
    """Run the command line; never returns normally, as every command ends with an exit code."""
    here = Path(__file__).resolve().parent
    bundled = here / "_tidegate"
    sys.path.insert(0, str(bundled if bundled.is_dir() else here))
    gc.disable()  # what is loaded is no garbage, and to look for some takes a tenth of the time; ``run`` begins to look
    from server.cli import main as run

    run()


if __name__ == "__main__":
    main()
