"""MLflow's messages about webhooks (``webhooks.proto``)."""

from registry.webhooks.types import Status
from registry.wire import Int64, Message, RequiredText, WireEnum

__all__ = (
    "CreateWebhook",
    "DeleteWebhook",
    "GetWebhook",
    "ListWebhooks",
    "TestWebhook",
    "UpdateWebhook",
    "Webhook",
    "WebhookAction",
    "WebhookEntity",
    "WebhookEvent",
    "WebhookStatus",
    "WebhookTestResult",
)


class WebhookStatus(WireEnum):
    """Whether a webhook is told anything."""

    ACTIVE = Status.ACTIVE.value, 1
    DISABLED = Status.DISABLED.value, 2


class WebhookEntity(WireEnum):
    """What an event is about. Lower-case in bodies and in our own API."""

    ENTITY_UNSPECIFIED = "ENTITY_UNSPECIFIED", 0
    REGISTERED_MODEL = "REGISTERED_MODEL", 1
    MODEL_VERSION = "MODEL_VERSION", 2
    MODEL_VERSION_TAG = "MODEL_VERSION_TAG", 3
    MODEL_VERSION_ALIAS = "MODEL_VERSION_ALIAS", 4
    PROMPT = "PROMPT", 5
    PROMPT_VERSION = "PROMPT_VERSION", 6
    PROMPT_TAG = "PROMPT_TAG", 7
    PROMPT_VERSION_TAG = "PROMPT_VERSION_TAG", 8
    PROMPT_ALIAS = "PROMPT_ALIAS", 9
    BUDGET_POLICY = "BUDGET_POLICY", 10


class WebhookAction(WireEnum):
    """What happened to it."""

    ACTION_UNSPECIFIED = "ACTION_UNSPECIFIED", 0
    CREATED = "CREATED", 1
    UPDATED = "UPDATED", 2
    DELETED = "DELETED", 3
    SET = "SET", 4
    EXCEEDED = "EXCEEDED", 5


class WebhookEvent(Message):
    """One kind of event. A word that is unknown is as if it were missing, and then it is unspecified."""

    entity: WebhookEntity = WebhookEntity.ENTITY_UNSPECIFIED
    action: WebhookAction = WebhookAction.ACTION_UNSPECIFIED


class Webhook(Message):
    """A webhook. Its secret is never sent."""

    webhook_id: str
    name: str
    url: str
    events: list[WebhookEvent]
    status: WebhookStatus
    creation_timestamp: Int64
    last_updated_timestamp: Int64
    description: str | None = None


class WebhookTestResult(Message):
    """What came back."""

    success: bool
    response_status: int | None = None
    response_body: str | None = None
    error_message: str | None = None


class CreateWebhook(Message):
    """``POST /2.0/mlflow/webhooks``."""

    name: RequiredText
    url: RequiredText
    events: list[WebhookEvent]
    description: str | None = None
    secret: str | None = None
    status: WebhookStatus | None = None

    class Response(Message):
        """The webhook."""

        webhook: Webhook


class ListWebhooks(Message):
    """``GET /2.0/mlflow/webhooks``."""

    max_results: Int64 = 100
    page_token: str = ""

    class Response(Message):
        """A page."""

        webhooks: list[Webhook] = []
        next_page_token: str | None = None


class GetWebhook(Message):
    """``GET /2.0/mlflow/webhooks/{webhook_id}``."""

    webhook_id: RequiredText

    class Response(Message):
        """The webhook."""

        webhook: Webhook


class UpdateWebhook(Message):
    """``PATCH /2.0/mlflow/webhooks/{webhook_id}``: what is not given stays."""

    webhook_id: RequiredText
    name: str | None = None
    description: str | None = None
    url: str | None = None
    events: list[WebhookEvent] = []
    secret: str | None = None
    status: WebhookStatus | None = None

    class Response(Message):
        """The webhook as it is now."""

        webhook: Webhook


class DeleteWebhook(Message):
    """``DELETE /2.0/mlflow/webhooks/{webhook_id}``."""

    webhook_id: RequiredText


class TestWebhook(Message):
    """``POST /2.0/mlflow/webhooks/{webhook_id}/test``."""

    __test__ = False

    webhook_id: RequiredText
    event: WebhookEvent | None = None

    class Response(Message):
        """The result."""

        result: WebhookTestResult
