"""The Jinja environment: strict about names, escaping everything, with the formatting functions as filters."""

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from server.ui import assets, format  # noqa: A004 - the module is named after what it does
from server.ui.query import quoted
from server.ui.render import json_block, markdown

__all__ = ("render",)

_FOLDER: Final = Path(__file__).parent / "templates"

_FILTERS: Final[dict[str, Callable[..., Any]]] = {
    "age": format.age,
    "compact": format.compact,
    "duration": format.duration,
    "exact_time": format.exact_time,
    "family": format.family,
    "figure": format.figure,
    "file_size": format.file_size,
    "from_millis": format.from_millis,
    "json_block": json_block,
    "level": format.level,
    "machine_time": format.machine_time,
    "markdown": markdown,
    "money": format.money,
    "percent": format.percent,
    "quoted": quoted,
    "score": format.score,
    "tokens": format.tokens,
}


def render(template: str, /, **context: Any) -> str:
    """The HTML of a template. A name that the context lacks is an error, not an empty place."""
    return environment().get_template(template).render(context)


def _inert(value: Any) -> Any:
    """What every place of a template is filled with: text keeps its kind, and rules nothing."""
    if isinstance(value, Markup):
        return Markup(format.inert(value))  # noqa: S704 - the same markup, without control characters
    return format.inert(value) if isinstance(value, str) else value


@cache
def environment() -> Environment:
    """The environment of this process. Templates are compiled once."""
    env = Environment(
        loader=FileSystemLoader(_FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        finalize=_inert,
    )
    env.filters.update(_FILTERS)
    env.globals.update(asset_url=assets.asset_url)
    return env
