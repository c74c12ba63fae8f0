"""Conditions of targets on a request's metadata, headers and parameters."""

from collections.abc import Callable, Iterable, Mapping
from fnmatch import fnmatchcase
from operator import ge, gt, le, lt
from typing import Any, Final

import msgspec

from config.schema import ConditionSettings
from gateway.resilience.types import Facts

__all__ = ("Condition", "passes", "reader_of_parameters")

COMPARISONS: Final[tuple[tuple[str, Callable[[float, float], bool]], ...]] = ((">=", ge), ("<=", le), (">", gt), ("<", lt))


class Condition(msgspec.Struct, frozen=True):
    """All tests must pass. Names of headers are lower-case bytes."""

    metadata: tuple[tuple[str, str], ...] = ()
    headers: tuple[tuple[bytes, str], ...] = ()
    parameters: tuple[tuple[str, str], ...] = ()

    @classmethod
    def of(cls, settings: ConditionSettings) -> "Condition":
        """As written in the file."""
        headers = tuple((name.lower().encode("latin-1", "replace"), test) for name, test in settings.headers.items())
        return cls(tuple(settings.metadata.items()), headers, tuple(settings.parameters.items()))

    def holds(self, facts: Facts) -> bool:
        """Whether a request is one of those that are meant."""
        metadata = facts.metadata if isinstance(facts.metadata, Mapping) else {}
        return (
            all(passes(metadata.get(name), test) for name, test in self.metadata)
            and all(passes(_decoded(facts.headers.get(name)), test) for name, test in self.headers)
            and all(passes(facts.parameters.get(name), test) for name, test in self.parameters)
        )


def passes(value: Any, test: str) -> bool:
    """Whether ``value`` is what ``test`` asks for; ``None`` is a value that is absent."""
    if test.startswith("!"):
        return not passes(value, test[1:])
    if value is None:
        return False
    return any(_passes_one(value, alternative.strip()) for alternative in test.split("|"))


def reader_of_parameters(conditions: Iterable[Condition]) -> Callable[[bytes], Mapping[str, Any]] | None:
    """A function that reads the parameters that are asked about out of a body, and skips all others; ``None`` when none is asked about.

    Raises ``msgspec.MsgspecError`` for a body that is no object.
    """
    names = tuple(dict.fromkeys(name for condition in conditions for name, _ in condition.parameters))
    if not names:
        return None
    fields: list[tuple[str, Any, Any]] = [(f"p{number}", Any, msgspec.field(default=None, name=name)) for number, name in enumerate(names)]
    decoder = msgspec.json.Decoder(msgspec.defstruct("Parameters", fields))
    return lambda body: dict(zip(names, msgspec.structs.astuple(decoder.decode(body)), strict=True))


def _passes_one(value: Any, test: str) -> bool:
    for sign, compare in COMPARISONS:
        if test.startswith(sign):
            return _compares(value, compare, test.removeprefix(sign))
    return fnmatchcase(_text(value), test)


def _compares(value: Any, compare: Callable[[float, float], bool], bound: str) -> bool:
    try:
        return not isinstance(value, bool) and compare(float(value), float(bound))
    except (TypeError, ValueError):
        return False


def _text(value: Any) -> str:
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()


def _decoded(value: bytes | None) -> str | None:
    return None if value is None else value.decode("latin-1")
