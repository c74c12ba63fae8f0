"""Settings on their way to a worker: taken as they are, since the core has checked them.

What MLflow's API set up has names that no file may use (``openai:small``), and the schema's constraints are those of files.
"""

from functools import cache
from typing import Any

from msgspec import inspect as mi

from config.schema import Settings
from storage.process.messages import conceal

__all__ = ("InForce", "taken")


class InForce:
    """``settings`` as a message carries them. No struct, so that msgspec asks ``taken`` how to read it."""

    __slots__ = ("settings",)

    def __init__(self, settings: Settings) -> None:
        self.settings = settings


def taken(kind: type, value: Any) -> object:
    """The hook of a decoder."""
    return InForce(_read(_settings(), value)) if kind is InForce else conceal(kind, value)


@cache
def _settings() -> mi.Type:
    return mi.type_info(Settings)


def _read(kind: mi.Type, value: Any) -> Any:
    """What a setting of this kind was before it was sent."""
    match kind:
        case mi.Metadata():
            return _read(kind.type, value)
        case mi.UnionType():
            (given,) = (each for each in kind.types if not isinstance(each, mi.NoneType))  # of several nobody could tell which was sent
            return None if value is None else _read(given, value)
        case mi.StructType():
            sent = ((field, value[field.encode_name]) for field in kind.fields if field.encode_name in value)
            return kind.cls(**{field.name: _read(field.type, each) for field, each in sent})
        case mi.DictType():
            return {key: _read(kind.value_type, each) for key, each in value.items()}
        case mi.VarTupleType():
            return tuple(_read(kind.item_type, each) for each in value)
        case mi.CustomType():
            return conceal(kind.cls, value)
        case _:
            return value
