"""How the command is called here: ``tidegate`` where the shell finds it, else the path it was started by."""

import shlex
import shutil
import sys
from pathlib import Path

__all__ = ("program",)


def program() -> str:
    """The name of the command, for messages that a person can paste into the shell."""
    started = Path(sys.argv[0])
    found = shutil.which("tidegate")
    if started.name != "tidegate" or (found and Path(found).resolve() == started.resolve()):
        return "tidegate"
    here, absolute = Path.cwd(), started.absolute()
    return shlex.quote(str(absolute.relative_to(here) if absolute.is_relative_to(here) else absolute))
