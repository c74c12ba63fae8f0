"""Webhooks as MLflow's client asks for them. Events of ours have no words there: they are left out, and so are webhooks of ours alone."""

from datetime import datetime
from typing import Any, Final

from registry.errors import InvalidParameterValue
from registry.search import next_token, offset_of
from registry.webhooks import messages
from registry.webhooks.catalogue import MLFLOW_EVENTS
from registry.webhooks.messages import (
    CreateWebhook,
    DeleteWebhook,
    GetWebhook,
    ListWebhooks,
    TestWebhook,
    UpdateWebhook,
    WebhookAction,
    WebhookEntity,
    WebhookEvent,
    WebhookStatus,
    WebhookTestResult,
)
from registry.webhooks.names import check_event
from registry.webhooks.service import WebhookService
from registry.webhooks.types import Changes, NewWebhook, Status, Webhook
from registry.wire import Endpoint

__all__ = ("endpoints",)

DEFAULT_PAGE: Final = 100
LARGEST_PAGE: Final = 1000


def endpoints(service: WebhookService) -> list[Endpoint[Any]]:
    """The table of webhooks."""
    handlers = _Handlers(service)
    return [
        Endpoint("POST", "/2.0/mlflow/webhooks", CreateWebhook, handlers.create),
        Endpoint("GET", "/2.0/mlflow/webhooks", ListWebhooks, handlers.list),
        Endpoint("GET", "/2.0/mlflow/webhooks/{webhook_id}", GetWebhook, handlers.get),
        Endpoint("PATCH", "/2.0/mlflow/webhooks/{webhook_id}", UpdateWebhook, handlers.update),
        Endpoint("DELETE", "/2.0/mlflow/webhooks/{webhook_id}", DeleteWebhook, handlers.delete),
        Endpoint("POST", "/2.0/mlflow/webhooks/{webhook_id}/test", TestWebhook, handlers.test),
    ]


class _Handlers:
    """One method for each message."""

    def __init__(self, service: WebhookService) -> None:
        self._service = service

    async def create(self, request: CreateWebhook) -> CreateWebhook.Response:
        new = NewWebhook(
            name=request.name,
            url=request.url,
            events=_names(request.events),
            description=request.description or "",
            secret=request.secret or None,
            status=Status.ACTIVE if request.status is None else Status(request.status.value),
        )
        return CreateWebhook.Response(webhook=_message(await self._service.create(new)))

    async def list(self, request: ListWebhooks) -> ListWebhooks.Response:
        limit = request.max_results or DEFAULT_PAGE
        if not 1 <= limit <= LARGEST_PAGE:
            raise InvalidParameterValue(f"max_results must be between 1 and {LARGEST_PAGE}.")
        offset = offset_of(request.page_token)
        found = await self._service.list(offset=offset, limit=limit + 1, events=tuple(MLFLOW_EVENTS))
        return ListWebhooks.Response(
            webhooks=[_message(webhook) for webhook in found[:limit]],
            next_page_token=next_token(offset + limit) if len(found) > limit else None,
        )

    async def get(self, request: GetWebhook) -> GetWebhook.Response:
        return GetWebhook.Response(webhook=_message(await self._service.get(request.webhook_id)))

    async def update(self, request: UpdateWebhook) -> UpdateWebhook.Response:
        changes = Changes(
            name=request.name or None,
            url=request.url or None,
            events=_names(request.events) or None,
            description=request.description,
            secret=request.secret,
            status=None if request.status is None else Status(request.status.value),
        )
        return UpdateWebhook.Response(webhook=_message(await self._service.update(request.webhook_id, changes)))

    async def delete(self, request: DeleteWebhook) -> None:
        await self._service.delete(request.webhook_id)

    async def test(self, request: TestWebhook) -> TestWebhook.Response:
        event = None if request.event is None else _names([request.event])[0]
        result = await self._service.test(request.webhook_id, event)
        return TestWebhook.Response(
            result=WebhookTestResult(
                success=result.success,
                response_status=result.response_status,
                response_body=result.response_body,
                error_message=result.error_message,
            )
        )


def _names(events: list[WebhookEvent]) -> list[str]:
    """MLflow's two words as our one. Raises ``InvalidParameterValue`` for a pair that is no event."""
    names = [f"{event.entity.value.lower()}.{event.action.value.lower()}" for event in events]
    for name in names:
        check_event(name, MLFLOW_EVENTS)
    return names


def _message(webhook: Webhook) -> messages.Webhook:
    return messages.Webhook(
        webhook_id=webhook.webhook_id,
        name=webhook.name,
        url=webhook.url,
        events=[_event(event) for event in webhook.events if event in MLFLOW_EVENTS],
        status=WebhookStatus[webhook.status.value],
        creation_timestamp=_milliseconds(webhook.created_at),
        last_updated_timestamp=_milliseconds(webhook.updated_at),
        description=webhook.description or None,
    )


def _event(name: str) -> WebhookEvent:
    entity, _, action = name.upper().partition(".")
    return WebhookEvent(entity=WebhookEntity[entity], action=WebhookAction[action])


def _milliseconds(at: datetime) -> int:
    return int(at.timestamp() * 1000)
