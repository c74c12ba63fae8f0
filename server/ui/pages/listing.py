"""A list that is searched in MLflow's language, page by page: experiments, models, MCP servers, skills."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from typing import Any

from litestar import Request, Response

from registry.errors import InvalidParameterValue
from server.ui.pages.page import base_url, page
from server.ui.services import UiServices

__all__ = ("Found", "listing")

Found = tuple[Sequence[Any], str | None]
"""Some entries, and where the next ones begin."""

Search = Callable[[str, str | None], Awaitable[Found]]
"""Finds entries by what was typed, from a cursor on."""


async def listing(request: Request[Any, Any, Any], services: UiServices, title: str, section: str, search: Search) -> Response[str]:
    """The page of a section. A mistake in what was typed is shown above an empty list: it is none of the page."""
    typed, cursor = request.query_params.get("filter", ""), request.query_params.get("cursor") or None
    try:
        (found, next_cursor), mistake = await search(typed, cursor), ""
    except InvalidParameterValue as error:
        found, next_cursor, mistake = [], None, error.message
    return page(
        services,
        f"{section.replace('-', '_')}.html",
        title=title,
        section=section,
        found=found,
        next_cursor=next_cursor,
        filter=typed,
        mistake=mistake,
        base_url=base_url(request, services.settings()),
        now=datetime.now(UTC),
    )
