"""The conventions that are understood, best first.

A field is taken from the first convention that has it: ours, then a library's own explicit attributes (MLflow, Langfuse), then
OpenInference, then OpenTelemetry's, then what a vendor wrote before there was any. To add one: a module with ``NAME``, ``MARKERS``
(first segments of its attribute keys), ``PAYLOADS`` (keys whose values are stored as content instead of as attributes) and ``read``;
one line here; a fixture in ``tests/tracing/fixtures.py``.
"""

from collections.abc import Callable
from typing import Final

import msgspec

from tracing.conventions import genai
from tracing.reading import Reading
from tracing.types import Span

__all__ = ("CONVENTIONS", "GATEWAY", "PAYLOADS", "Convention")


class Convention(msgspec.Struct, frozen=True):
    """How one library or standard writes what a span means."""

    name: str
    markers: frozenset[str]
    payloads: frozenset[str]
    read: Callable[[Span], Reading]


GATEWAY: Final = Convention(genai.NAME, genai.MARKERS, genai.PAYLOADS, genai.read)
"""What our own gateway writes: the only convention its spans are read by."""

CONVENTIONS: Final = (GATEWAY,)

PAYLOADS: Final = frozenset[str]().union(*(convention.payloads for convention in CONVENTIONS))
"""Attributes that are stored as content."""
