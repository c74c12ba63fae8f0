"""Names of traces: ours are 32 hexadecimal digits, MLflow's have ``tr-`` before them, and some clients make up their own."""

import hashlib
from typing import Final

__all__ = ("PREFIX", "stored_id", "wire_id")

PREFIX: Final = "tr-"


def stored_id(trace_id: str) -> str:
    """What a trace is stored under: its digits, or the digest of a name of another kind, which then is kept beside it."""
    plain = trace_id.removeprefix(PREFIX).lower()
    if len(plain) == 32 and not plain.strip("0123456789abcdef"):
        return plain
    return hashlib.md5(trace_id.encode(), usedforsecurity=False).hexdigest()


def wire_id(stored: str, given: str | None) -> str:
    """What the client is told; ``given`` is the name of another kind, if it had one."""
    return given or PREFIX + stored
