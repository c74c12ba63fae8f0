"""Texts of a span before it is written anywhere: what settings say must not be kept is replaced.

Identities by which spans are found (user, session, model, ids) stay as they are: an application that uses an e-mail address as the id of its
users is known by it.
"""

from collections import Counter
from collections.abc import Mapping
from typing import Any, Final

import msgspec

from config.settings.detection import DetectionSettings
from tracing.detection.masking import find, masked
from tracing.detection.types import TextTooHard
from tracing.types import Attribute, Span, SpanEvent, SpanLink
from tracing.unreadable import UNREADABLE

__all__ = ("REDACTED", "Redactor", "told")

REDACTED: Final = "tidegate.redacted"
"""The attribute that tells what was replaced, and how often: ``EMAIL 2, IBAN 1``."""

WITHHELD: Final = "[WITHHELD]"
"""In place of a text that a pattern could not be applied to in time."""

_IDENTITIES: Final = frozenset({"user.id", "enduser.id", "session.id", "gen_ai.conversation.id", "error.type"})
_OURS: Final = ("tidegate.", "gen_ai.request.", "gen_ai.response.", "gen_ai.provider.", "gen_ai.operation.", "server.", "service.")


class Redactor:
    """Replaces in spans what ``settings`` list."""

    def __init__(self, settings: DetectionSettings) -> None:
        from tracing.detection.build import detectors_of  # with it comes a library of patterns, for those who look for any

        self._detectors = detectors_of(settings)

    @classmethod
    def of(cls, settings: DetectionSettings | None) -> "Redactor | None":
        """The redactor of these settings; ``None`` where nothing is to be replaced."""
        return None if settings is None or settings == DetectionSettings() else cls(settings)

    def span(self, span: Span) -> Span:
        """The span as it may be kept."""
        counts = Counter[str]()
        attributes = self.attributes(span.attributes, counts)
        changed = msgspec.structs.replace(
            span,
            status_message=self._text(span.status_message, counts),
            attributes=attributes,
            events=tuple(SpanEvent(event.time_ns, event.name, self.attributes(event.attributes, counts)) for event in span.events),
            links=tuple(SpanLink(link.trace_id, link.span_id, self.attributes(link.attributes, counts)) for link in span.links),
        )
        if not counts:
            return changed
        return msgspec.structs.replace(changed, attributes={**attributes, REDACTED: told(counts)})

    def attributes(self, attributes: Mapping[str, Attribute], counts: Counter[str]) -> dict[str, Attribute]:
        """Attributes as they may be kept; ``counts`` learns what was replaced."""
        return {name: value if _is_identity(name) else self._value(value, counts) for name, value in attributes.items()}

    def _value(self, value: Any, counts: Counter[str]) -> Any:
        if isinstance(value, str):
            return self._said(value, counts)
        if isinstance(value, list | tuple):
            return [self._value(item, counts) for item in value]
        if isinstance(value, dict):
            return {key: self._value(item, counts) for key, item in value.items()}
        return value

    def _said(self, text: str, counts: Counter[str]) -> str:
        """A text with findings replaced. Of JSON in a text, each string is replaced by itself, so that it stays JSON."""
        if text.lstrip()[:1] not in {"{", "["}:
            return self._text(text, counts)
        try:
            value = msgspec.json.decode(text)
        except UNREADABLE:
            return self._text(text, counts)
        before = counts.total()
        replaced = self._value(value, counts)
        return text if counts.total() == before else msgspec.json.encode(replaced).decode()

    def _text(self, text: str, counts: Counter[str]) -> str:
        try:
            findings = find(self._detectors, text)
        except TextTooHard:
            counts["WITHHELD"] += 1
            return WITHHELD
        counts.update(finding.kind for finding in findings)
        return masked(text, findings) if findings else text


def told(counts: Mapping[str, int]) -> str:
    """Kinds with their counts, as text for people."""
    return ", ".join(f"{kind} {count}" for kind, count in sorted(counts.items()))


def _is_identity(name: str) -> bool:
    return name in _IDENTITIES or name.startswith(_OURS)
