"""Upstream accounts that other tools repeat beside each model, gathered into the entries of ``providers``."""

from config.forms.reading import made, plain
from config.source import Span
from config.written import Entry, Mapping, Node, entries

__all__ = ("Accounts",)


class Accounts:
    """Names for accounts: the vendor's own for the first one, ``openai-2`` for another account of the same vendor."""

    def __init__(self, written: Node | None) -> None:
        self._entries: list[Entry] = list(entries(written))
        self._names: dict[str, str] = {}
        self._span = written.span if written else None

    def name_of(self, vendor: str, span: Span, settings: dict[str, Node | None]) -> str:
        """The provider with these settings; the same for every model that repeats them."""
        value = made(span, settings)
        fingerprint = f"{vendor} {plain(value)!r}"
        if fingerprint not in self._names:
            self._names[fingerprint] = self._free(vendor)
            self._entries.append(Entry(self._names[fingerprint], span, value))
        return self._names[fingerprint]

    def providers(self, span: Span) -> Mapping:
        """The section ``providers``."""
        return Mapping(self._span or span, tuple(self._entries))

    def _free(self, vendor: str) -> str:
        taken = {entry.key for entry in self._entries}
        return next(name for name in (vendor, *(f"{vendor}-{number}" for number in range(2, 10_000))) if name not in taken)
