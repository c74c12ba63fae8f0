"""What can be wrong with the settings.

::

    Exception
    └── ConfigError        the settings cannot be used; carries every problem found, never just the first

Whoever catches it prints it (``str`` is the whole report) and exits with status 2, or goes on with the settings it has.
"""

from collections.abc import Iterable

import msgspec
from typing_extensions import override

__all__ = ("ConfigError", "Excerpt", "Problem")


class Excerpt(msgspec.Struct, frozen=True):
    """One line of the file, and which part of it is meant. ``column`` counts from 0. Values that may be secrets show as ``…``."""

    text: str
    column: int
    width: int


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that is wrong, or, in a list of warnings, doubtful.

    ``file`` is the path as given, or the name of an environment variable; ``line`` and ``column`` count from 1 and are 0 when there is
    no place to point at. ``path`` is the key (``routes[0].targets[1].model``). ``message`` starts with ``subject``.
    """

    file: str
    line: int
    column: int
    path: str
    subject: str
    message: str
    hint: str = ""
    suggestion: str | None = None
    excerpt: Excerpt | None = None

    @property
    def location(self) -> str:
        """``tidegate.yaml:14:7``, ``tidegate.yaml`` or ``TIDEGATE_SERVER__PORT``."""
        return f"{self.file}:{self.line}:{self.column}" if self.line else self.file

    @override
    def __str__(self) -> str:
        return f"{self.location}: {self.message}"

    def render(self, label: str = "error") -> str:
        """What, where and how to fix it, on up to four lines."""
        rest = self.message.removeprefix(self.subject)
        place = "" if self.location in self.subject else f" in {self.location}"
        lines = [f"{label}: {self.subject}{place}{rest}"]
        lines += _excerpt_lines(self.excerpt, self.line, self.suggestion) if self.excerpt else _suggestion_lines(self.suggestion)
        return "\n".join([*lines, f"  fix: {self.hint}"] if self.hint else lines)


class ConfigError(Exception):
    """The settings cannot be used. ``str`` is the full report for a terminal and holds no secret."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems: tuple[Problem, ...] = tuple(problems)
        super().__init__(self.problems)

    @override
    def __str__(self) -> str:
        return "\n\n".join(problem.render() for problem in self.problems)


def _excerpt_lines(excerpt: Excerpt, line: int, suggestion: str | None) -> list[str]:
    number = f"{line:4}"
    question = f" did you mean {suggestion!r}?" if suggestion else ""
    return [f"{number} | {excerpt.text}", f"{' ' * len(number)} | {' ' * excerpt.column}{'^' * excerpt.width}{question}"]


def _suggestion_lines(suggestion: str | None) -> list[str]:
    return [f"  did you mean {suggestion!r}?"] if suggestion else []
