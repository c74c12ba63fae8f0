"""Which systems of a comparison ``--only`` asks for."""

from collections.abc import Iterable, Sequence

__all__ = ("UnknownSystem", "is_chosen", "refuse_unknown")


class UnknownSystem(Exception):
    """A word of ``--only`` is in no system's name: what was asked for would silently not be measured."""


def is_chosen(name: str, only: Sequence[str]) -> bool:
    """Whether one of ``only`` is in ``name``, in whatever case; without any, everything is."""
    return not only or any(word.lower() in name.lower() for word in only)


def refuse_unknown(only: Iterable[str], names: Sequence[str]) -> None:
    """Raise ``UnknownSystem``, which lists the systems, for a word that is in no system's name."""
    unknown = [word for word in only if not any(is_chosen(name, [word]) for name in names)]
    if unknown:
        raise UnknownSystem(f"--only {unknown[0]}: nothing that is measured here is called so; there is {', '.join(names)}")
