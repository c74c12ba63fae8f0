"""``/``: how to connect, until the first trace is there; from then on the way to the traces."""

from typing import Any

from litestar import Request, Response, get
from litestar.response import Redirect

from server.ui.pages.page import Services, base_url, fragment, page
from server.ui.services import UiServices

__all__ = ("first_trace", "home", "welcome")


@get("/")
async def home(request: Request[Any, Any, Any], services: Services) -> Response[Any]:
    """The first-run page, or the traces when there are any."""
    if await services.traces.has_any():
        return Redirect("/traces", status_code=302)
    return _welcome(request, services, waiting=True)


@get("/welcome")
async def welcome(request: Request[Any, Any, Any], services: Services) -> Response[Any]:
    """How to connect, whenever it is wanted."""
    return _welcome(request, services, waiting=not await services.traces.has_any())


@get("/ui/first-trace")
async def first_trace(services: Services) -> Response[Any]:
    """Asked again and again by the first-run page: tells htmx to go to the traces once there is one."""
    headers = {"hx-redirect": "/traces"} if await services.traces.has_any() else {}
    return fragment("waiting.html", headers=headers)


def _welcome(request: Request[Any, Any, Any], services: UiServices, *, waiting: bool) -> Response[str]:
    settings = services.settings()
    return page(
        services,
        "welcome.html",
        title="Connect",
        section="",
        waiting=waiting,
        base_url=base_url(request, settings),
        settings=settings,
        protected=bool(settings.security.api_keys),
    )
