"""Output: data to stdout, messages to stderr, for a person or (``--json``) for a program.

Colours and bars are for terminals only, and ``NO_COLOR`` is honoured. Text of a model or an application may hold anything: it reaches the
terminal through ``plain``, which leaves no control sequence and no markup in it.
"""

import re
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

import msgspec
import rich_click as click

if TYPE_CHECKING:
    from rich.console import Console, RenderableType
    from rich.table import Table
    from rich.text import Text

__all__ = ("emit", "json_option", "message", "plain", "show", "stderr_console", "stdout_console", "table")

PIPED_WIDTH: Final = 240
# C0 and C1 controls, and the marks that reorder what is displayed.
UNSAFE: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]+")


def json_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """The ``--json`` of every read."""
    return click.option("--json", "as_json", is_flag=True, help="Print JSON for programs.")(command)


def emit(value: object) -> None:
    """Print a value as indented JSON on stdout."""
    click.echo(msgspec.json.format(msgspec.json.encode(value), indent=2))


def show(*renderables: "RenderableType") -> None:
    """Print tables and trees on stdout."""
    console = stdout_console()
    for renderable in renderables:
        console.print(renderable)


def message(text: str) -> None:
    """Say something to the person at the terminal, on stderr."""
    click.echo(text, err=True)


def stdout_console() -> "Console":
    """A console on stdout. Where that is no terminal it is wide enough for whole rows."""
    return _console(stderr=False)


def stderr_console() -> "Console":
    """A console on stderr; ``is_terminal`` says whether bars make sense."""
    return _console(stderr=True)


def table(*columns: "str | tuple[str, dict[str, Any]]") -> "Table":
    """An open table, one header per column; a column may come with options of ``rich.table.Table.add_column``."""
    from rich import box
    from rich.table import Table

    made = Table(box=box.SIMPLE_HEAD, pad_edge=False, header_style="bold", show_edge=False)
    for column in columns:
        name, options = column if isinstance(column, tuple) else (column, {})
        made.add_column(name, **options)
    return made


def plain(text: str, style: str = "") -> "Text":
    """Foreign text as one harmless line."""
    from rich.text import Text

    return Text(UNSAFE.sub(" ", text), style=style)


def _console(*, stderr: bool) -> "Console":
    from rich.console import Console

    stream = sys.stderr if stderr else sys.stdout
    return Console(stderr=stderr, width=None if stream.isatty() else PIPED_WIDTH, highlight=False, soft_wrap=False)
