"""``/gateway``: the routes and providers that are live, and what the models did."""

import time
from collections.abc import Mapping, Sequence
from typing import Any, Final, TypeVar
from urllib.parse import urlsplit

import msgspec
from litestar import Request, Response, get

from config.schema import ProviderSettings, RouteSettings, Settings
from server.ui.pages.page import Services, page
from server.ui.query import RANGES
from server.ui.services import UsageBy, UsageRow
from server.ui.usage_chart import step_of, usage_charts

__all__ = ("ProviderCard", "RouteCard", "TargetCard", "gateway", "provider_cards", "route_cards")

DEFAULT_RANGE: Final = "24h"
ORDERS: Final = {
    "calls": "calls",
    "errors": "errors",
    "latency": "latency_p95_ms",
    "ttft": "ttft_p50_ms",
    "input": "input_tokens",
    "output": "output_tokens",
    "cost": "cost",
}
"""What the figures are ordered by, and the field of ``UsageRow``; the largest first, what is unknown last."""

GROUPS: Final[Mapping[UsageBy, str]] = {"model": "Models", "provider": "Providers", "route": "Routes"}

Name = TypeVar("Name", bound=str)


class TargetCard(msgspec.Struct, frozen=True):
    """A model of a route, and its share of the traffic."""

    model: str
    share: float


class RouteCard(msgspec.Struct, frozen=True):
    """A route as the page shows it."""

    name: str
    targets: list[TargetCard]
    fallbacks: list[str]


class ProviderCard(msgspec.Struct, frozen=True):
    """A provider as the page shows it: ``key`` says where the key comes from, never what it is."""

    name: str
    kind: str
    address: str
    key: str


@get("/gateway")
async def gateway(request: Request[Any, Any, Any], services: Services) -> Response[str]:
    """Routes, providers, figures."""
    settings, parameters = services.settings(), request.query_params
    chosen = _one_of(parameters.get("range"), RANGES, DEFAULT_RANGE)
    by: UsageBy = _one_of(parameters.get("by"), GROUPS, "model")
    now, seconds = time.time_ns(), RANGES[chosen]
    since = now - seconds * 1_000_000_000
    order = _one_of(parameters.get("order"), ORDERS, "calls")
    usage = _ordered(await services.figures.usage(since, by), ORDERS[order])
    points = await services.figures.over_time(since, step_of(seconds)) if usage else []
    return page(
        services,
        "gateway.html",
        title="Gateway",
        section="gateway",
        usage=usage,
        charts=usage_charts(points, since // 1_000_000_000, now // 1_000_000_000) if points else None,
        by=by,
        order=order,
        groups=GROUPS,
        range=chosen,
        ranges=RANGES,
        routes=route_cards(settings),
        states={(each.route, each.model): each for each in services.targets()},
        providers=provider_cards(settings),
    )


def _ordered(rows: Sequence[UsageRow], field: str) -> list[UsageRow]:
    return sorted(rows, key=lambda row: (getattr(row, field) is not None, getattr(row, field) or 0), reverse=True)


def _one_of(wanted: Any, offered: Mapping[Name, Any], otherwise: Name) -> Name:
    """The value in the address if it is offered, else the default: an old link still opens."""
    return wanted if wanted in offered else otherwise


def route_cards(settings: Settings) -> list[RouteCard]:
    """Routes in the order of the file."""
    return [_route(route) for route in settings.routes]


def provider_cards(settings: Settings) -> list[ProviderCard]:
    """Providers by name."""
    return [_provider(name, provider) for name, provider in sorted(settings.providers.items())]


def _route(route: RouteSettings) -> RouteCard:
    total = sum(target.weight for target in route.targets) or 1.0
    return RouteCard(route.name, [TargetCard(target.model, target.weight / total) for target in route.targets], list(route.fallbacks))


def _provider(name: str, provider: ProviderSettings) -> ProviderCard:
    return ProviderCard(name, provider.kind or "openai", _address(provider), _key(provider))


def _address(provider: ProviderSettings) -> str:
    if provider.kind == "fake":
        return "built in"
    if provider.base_url is None:
        return "the vendor's own"
    parts = urlsplit(provider.base_url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2], query="").geturl()


def _key(provider: ProviderSettings) -> str:
    if provider.kind == "fake":
        return "none needed"
    if provider.api_key is None:
        return "none"
    return provider.api_key.reference or "set in the file"
