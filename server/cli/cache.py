"""``tidegate cache clear``."""

import rich_click as click

from gateway.cache.types import Cleared
from server.cli.api import Api, path_of, with_api
from server.cli.output import emit, json_option

__all__ = ("cache",)


@click.group("cache")
def cache() -> None:
    """Empty the answer cache of routes."""


@cache.command("clear")
@click.option("--route", default="", help="Only the answers of this route. Default: all of them.")
@json_option
@with_api
def clear(api: Api, route: str, *, as_json: bool) -> None:
    """Forget kept answers, so that the next request is sent to its model."""
    cleared = api.delete_counted(path_of("cache"), Cleared, {"route": route})
    if as_json:
        emit(cleared)
        return
    whose = f" of the route {route!r}" if route else ""
    click.echo(f"{cleared.removed} kept answer{'' if cleared.removed == 1 else 's'}{whose} removed")
