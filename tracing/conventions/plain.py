"""Attributes that OpenTelemetry defines for any span: what is known of a span that no model library made."""

from typing import Final

from tracing.conventions.rules import Rule, read_rules, text
from tracing.reading import Reading
from tracing.types import Span

__all__ = ("MARKERS", "NAME", "PAYLOADS", "PREFIXES", "read")

NAME: Final = ""
MARKERS: Final = frozenset({"session", "user", "enduser", "error"})

RULES: Final = (
    Rule("session_id", text, ("session.id",)),
    Rule("user_id", text, ("user.id", "enduser.id")),
    Rule("error_type", text, ("error.type",)),
)

PAYLOADS: Final = frozenset[str]()
PREFIXES: Final = ()


def read(span: Span) -> Reading:
    """Read the attributes."""
    return Reading(**read_rules(span.attributes, RULES))  # type: ignore[arg-type]  # each rule reads its field's type: tests/tracing/test_conventions.py
