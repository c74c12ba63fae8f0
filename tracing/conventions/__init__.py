"""The conventions that are understood, best first.

A field is taken from the first convention that has it: a library's own explicit attributes (MLflow, Langfuse, Claude Code), then
OpenInference, OpenTelemetry's, Vercel's, what OpenTelemetry's were before, and last what any span may carry. Our own gateway writes
OpenTelemetry's. To add one: a module with the five names below, one line here, and a fixture in ``tests/tracing/fixtures.py``.
"""

from collections.abc import Callable
from types import ModuleType
from typing import Final

import msgspec

from tracing.conventions import claude_code, genai, langfuse, mlflow, openinference, openllmetry, plain, vercel
from tracing.reading import Reading
from tracing.types import Span

__all__ = ("CONVENTIONS", "GATEWAY", "PAYLOADS", "PREFIXES", "Convention")


class Convention(msgspec.Struct, frozen=True):
    """How one library or standard writes what a span means.

    ``markers`` are the first segments of its attributes' keys, of its events' names, or of its spans' names: a span without one of them is
    not read by it. ``payloads`` and ``prefixes`` are the keys whose values are stored as content instead of as attributes.
    """

    name: str
    markers: frozenset[str]
    payloads: frozenset[str]
    prefixes: tuple[str, ...]
    read: Callable[[Span], Reading]


def _convention(module: ModuleType) -> Convention:
    return Convention(module.NAME, module.MARKERS, module.PAYLOADS, module.PREFIXES, module.read)


GATEWAY: Final = _convention(genai)
"""What our own gateway writes: the only convention its spans are read by."""

CONVENTIONS: Final = (
    _convention(mlflow),
    _convention(langfuse),
    _convention(claude_code),
    _convention(openinference),
    GATEWAY,
    _convention(vercel),
    _convention(openllmetry),
    _convention(plain),
)

PAYLOADS: Final = frozenset[str]().union(*(convention.payloads for convention in CONVENTIONS))
"""Attributes that are stored as content."""

PREFIXES: Final = tuple(prefix for convention in CONVENTIONS for prefix in convention.prefixes)
"""The same, of indexed attributes."""
