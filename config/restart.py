"""Which settings a running server cannot change, since what they describe was opened at its start. Pure."""

from collections.abc import Iterator
from typing import Any, Final

import msgspec

from config.schema import Settings

__all__ = ("FIXED", "restart_needed")

FIXED: Final = (
    "server.host",
    "server.port",
    "server.trusted_proxies",
    "server.role",
    "server.max_body_bytes",
    "storage",
    "artifacts",
    "telemetry",
    "security.sealing_key",
    "cache.disk_bytes",
    "security.users",
    "security.default_permission",
)
"""Keys, and sections that hold nothing else. Everything besides them changes with a reload."""


def restart_needed(started: Settings, wanted: Settings) -> tuple[str, ...]:
    """The keys that differ from those the process started with and wait for a restart, in the order of the schema."""
    return tuple(key for path in FIXED for key in _changed(path, _at(started, path), _at(wanted, path)))


def _changed(path: str, before: object, after: object) -> Iterator[str]:
    if before == after:
        return
    if isinstance(before, msgspec.Struct) and type(before) is type(after):
        for field in before.__struct_fields__:
            yield from _changed(f"{path}.{field}", getattr(before, field), getattr(after, field))
    else:
        yield path


def _at(settings: Settings, path: str) -> Any:
    value: Any = settings
    for name in path.split("."):
        value = getattr(value, name)
    return value
