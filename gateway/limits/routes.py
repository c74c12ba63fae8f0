"""Where limits and budgets stand, over HTTP."""

from litestar import Router, get
from litestar.params import FromQuery

from gateway.limits.service import LimitService
from gateway.limits.types import Budgets

__all__ = ("router",)


def router(service: LimitService) -> Router:
    """The routes under ``/api/v1/budgets``."""

    @get("/")
    async def index(metric: FromQuery[str] = "") -> Budgets:
        """Where each limit stands: money, tokens and requests, or one ``metric`` of these."""
        return Budgets([standing for standing in await service.standings() if metric in {"", standing.metric}])

    return Router("/api/v1/budgets", route_handlers=[index], tags=["budgets"])
