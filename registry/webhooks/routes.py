"""Webhooks over our own API: all events, the log of deliveries, delivering again. Decode, call, encode."""

from typing import Annotated, Any

from litestar import Request, Router, delete, get, patch, post
from litestar.handlers import BaseRouteHandler
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter

from registry.errors import InvalidParameterValue
from registry.refusals import refusals
from registry.search import next_token, offset_of
from registry.webhooks.catalogue import EVENTS
from registry.webhooks.service import WebhookService
from registry.webhooks.types import Changes, Delivery, DeliveryDetail, DeliveryPage, NewWebhook, TestResult, Webhook, WebhookPage

__all__ = ("router",)

AnyRequest = Request[Any, Any, Any]
Limit = Annotated[int, QueryParameter(ge=1, le=1000)]
OnlyState = Annotated[str, QueryParameter(name="state")]  # the framework keeps the name for itself
STATES = ("waiting", "delivered", "dead")


def router(service: WebhookService) -> Router:
    """The routes under ``/api/v1/webhooks``."""
    return Router(
        "/api/v1/webhooks",
        route_handlers=[*_all(service), *_deliveries(service), *_one(service)],
        exception_handlers=refusals("See docs/webhooks.md, or /api/v1/openapi.json."),
        tags=["webhooks"],
    )


def _all(service: WebhookService) -> list[BaseRouteHandler]:
    @post("/")
    async def create(data: JSONBody[NewWebhook]) -> Webhook:
        """Register a webhook."""
        return await service.create(data)

    @get("/")
    async def index(limit: Limit = 100, cursor: FromQuery[str] = "") -> WebhookPage:
        """Webhooks, newest first."""
        offset = offset_of(cursor)
        found = await service.list(offset=offset, limit=limit + 1)
        return WebhookPage(webhooks=found[:limit], next_cursor=next_token(offset + limit) if len(found) > limit else None)

    @get("/events", sync_to_thread=False)
    def events() -> dict[str, Any]:
        """Every event there is, with an example of its data."""
        return dict(EVENTS)

    return [create, index, events]


def _deliveries(service: WebhookService) -> list[BaseRouteHandler]:
    @get("/deliveries")
    async def deliveries(
        webhook_id: FromQuery[str | None] = None, only: OnlyState = "", limit: Limit = 100, cursor: FromQuery[str] = ""
    ) -> DeliveryPage:
        """The log, newest first; ``state=dead`` are the dead letters."""
        if only and only not in STATES:
            raise InvalidParameterValue(f"The state {only!r} is none; states are: {', '.join(STATES)}.")
        return await service.deliveries(webhook_id=webhook_id, states=(only,) if only else (), cursor=cursor, limit=limit)

    @get("/deliveries/{delivery_id:str}")
    async def show_delivery(delivery_id: FromPath[str]) -> DeliveryDetail:
        """A delivery with its body and each attempt."""
        return await service.delivery(delivery_id)

    @post("/deliveries/{delivery_id:str}/redeliver")
    async def redeliver(delivery_id: FromPath[str]) -> Delivery:
        """Deliver once more."""
        return await service.redeliver(delivery_id)

    return [deliveries, show_delivery, redeliver]


def _one(service: WebhookService) -> list[BaseRouteHandler]:
    @get("/{webhook_id:str}")
    async def show(webhook_id: FromPath[str]) -> Webhook:
        """One webhook."""
        return await service.get(webhook_id)

    @patch("/{webhook_id:str}")
    async def change(webhook_id: FromPath[str], data: JSONBody[Changes]) -> Webhook:
        """Change what is given."""
        return await service.update(webhook_id, data)

    @delete("/{webhook_id:str}")
    async def remove(webhook_id: FromPath[str]) -> None:
        """Remove a webhook."""
        await service.delete(webhook_id)

    @post("/{webhook_id:str}/test", status_code=200)
    async def test(webhook_id: FromPath[str], event: FromQuery[str | None] = None) -> TestResult:
        """Send an example now and say what was answered."""
        return await service.test(webhook_id, event)

    return [show, change, remove, test]
