"""Secrets: references in the file, values that cannot be printed."""

import hmac
from typing import Final

from typing_extensions import override

__all__ = ("Secret",)

MASK: Final = "***"


class Secret:
    """A resolved secret. It has no readable ``repr``, no JSON form and no pickle; ``reveal()`` is the one way to its text."""

    __slots__ = ("_reference", "_value")

    def __init__(self, value: str, reference: str = "") -> None:
        self._value = value
        self._reference = reference

    @property
    def reference(self) -> str:
        """Where the value came from (``env:OPENAI_API_KEY``), ``""`` for a literal."""
        return self._reference

    def reveal(self) -> str:
        """The text itself, for the one line that sends it."""
        return self._value

    @override
    def __repr__(self) -> str:
        return f"Secret({self._reference or MASK})"

    __str__ = __repr__

    @override
    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and hmac.compare_digest(other._value.encode(), self._value.encode())

    @override
    def __hash__(self) -> int:
        return hash(("Secret", self._value))

    @override
    def __reduce__(self) -> str:
        raise TypeError("a secret is never serialised")
