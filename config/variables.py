"""The name of the environment variable of a setting."""

from typing import Final

__all__ = ("PREFIX", "variable_for")

PREFIX: Final = "TIDEGATE_"


def variable_for(path: str) -> str:
    """The variable of a setting: ``server.port`` is ``TIDEGATE_SERVER__PORT``."""
    return PREFIX + path.replace(".", "__").replace("-", "_").upper()
