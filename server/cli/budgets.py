"""``tidegate budgets``."""

from datetime import datetime
from typing import Any

import rich_click as click

from gateway.limits.types import Budgets, Standing
from server.cli.api import Api, path_of, with_api
from server.cli.output import emit, json_option, plain, show, table
from server.cli.text import utc

__all__ = ("budgets",)


@click.command("budgets")
@click.option("--metric", type=click.Choice(["requests", "tokens", "cost"]), help="Only limits on this. Default: all of them.")
@json_option
@with_api
def budgets(api: Api, metric: str | None, *, as_json: bool) -> None:
    """Show where limits and budgets stand, the fullest first."""
    page = api.get(path_of("budgets"), Budgets, {"metric": metric})
    if as_json:
        emit(page)
        return
    right: dict[str, Any] = {"justify": "right"}
    made = table("limit", "for", ("used", right), ("under way", right), ("ceiling", right), "resets")
    for each in page.budgets:
        figures = (_figure(each, amount) for amount in (each.used, each.reserved, each.ceiling))
        made.add_row(plain(each.limit), plain(each.whose), *figures, utc(datetime.fromisoformat(each.resets_at)))
    show(made)


def _figure(standing: Standing, amount: float) -> str:
    return f"${amount:,.6g}" if standing.metric == "cost" else f"{amount:,.0f}"
