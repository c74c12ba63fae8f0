"""How a command ends when it does not end well. Each carries what, where and how to fix it, and an exit code.

::

    CommandError
    ├── CheckFailed      1: what was asked for was done, and the answer is no
    ├── BadUsage         2: the command line or the configuration cannot be used
    ├── Refused          2: the server does not do what was asked
    │   └── ServerFailed 1: it would, and could not
    └── CannotConnect    3: no server answered
"""

from typing import IO, Any, ClassVar

import rich_click as click
from typing_extensions import override

__all__ = ("INTERRUPTED", "BadUsage", "CannotConnect", "CheckFailed", "CommandError", "Refused", "ServerFailed")

INTERRUPTED = 130


class CommandError(click.ClickException):
    """Base of the tree. ``hint`` is the way out, ``""`` where there is none to tell."""

    exit_code: ClassVar[int] = 1

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint

    @override
    def show(self, file: IO[Any] | None = None) -> None:
        click.echo(f"error: {self.message}", err=True, file=file)
        if self.hint:
            click.echo(f"  fix: {self.hint}", err=True, file=file)


class CheckFailed(CommandError):
    """The work is done and something in it failed."""


class BadUsage(CommandError):
    """The command line or the configuration cannot be used."""

    exit_code = 2


class CannotConnect(CommandError):
    """Nobody answers at the address."""

    exit_code = 3


class Refused(CommandError):
    """The server answered ``status``, and what was asked is at fault."""

    exit_code = 2

    def __init__(self, status: int, code: str, message: str, hint: str = "") -> None:
        super().__init__(f"{message} ({status} {code})" if code else f"{message} ({status})", hint)
        self.status = status
        self.error_code = code


class ServerFailed(Refused):
    """The server answered ``status``, and is at fault."""

    exit_code = 1
