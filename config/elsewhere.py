"""Finds where a misplaced key belongs."""

from collections.abc import Iterator

from msgspec import inspect as mi

__all__ = ("elsewhere",)


def elsewhere(key: str, kind: mi.Type) -> tuple[str, ...]:
    """Paths of the settings called ``key`` beneath ``kind``, the highest ones alone: ``port`` of the file is ``server.port``."""
    found = [path for path in _paths(kind, "") if path.rpartition(".")[2] == key]
    highest = min((path.count(".") for path in found), default=0)
    return tuple(path for path in found if path.count(".") == highest)


def _paths(kind: mi.Type, prefix: str) -> Iterator[str]:
    match kind:
        case mi.UnionType():
            for member in kind.types:
                yield from _paths(member, prefix)
        case mi.StructType():
            for field in kind.fields:
                path = f"{prefix}.{field.encode_name}" if prefix else field.encode_name
                yield path
                yield from _paths(field.type, path)
        case mi.VarTupleType():
            yield from _paths(kind.item_type, f"{prefix}[]")
        case mi.DictType():
            yield from _paths(kind.value_type, f"{prefix}.NAME")
        case _:
            return
