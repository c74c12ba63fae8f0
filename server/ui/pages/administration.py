"""``/keys``, ``/users``, ``/webhooks``: what administrators look after. Keys and users are made on the command line."""

from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import urlencode

from litestar import Request, Response, get, post
from litestar.exceptions import PermissionDeniedException
from litestar.params import FromPath
from litestar.response import Redirect

from registry.access.messages import ListUsers
from registry.access.types import own_role
from server.ui.headers import is_same_origin
from server.ui.pages.page import Services, page

__all__ = ("delivery", "keys", "redeliver", "test_webhook", "users", "webhook", "webhooks")

AnyRequest = Request[Any, Any, Any]
SHOWN: Final = 100
STATES: Final = ("waiting", "delivered", "dead")


@get("/keys")
async def keys(services: Services) -> Response[str]:
    """Virtual keys, and where limits and budgets stand."""
    administration = services.administration
    return page(
        services,
        "keys.html",
        title="Keys and budgets",
        section="gateway",
        keys=(await administration.keys.list()).keys,
        standings=await administration.limits.standings(),
        now=datetime.now(UTC),
    )


@get("/users")
async def users(services: Services) -> Response[str]:
    """People who sign in, with their roles and what was granted to each of them."""
    found = await services.administration.users.list(ListUsers())
    signing_in = services.settings().security.users
    return page(services, "users.html", title="Users", section="gateway", users=found.users, signing_in=signing_in, own_role=own_role)


@get("/webhooks")
async def webhooks(services: Services) -> Response[str]:
    """Webhooks, and what could not be delivered."""
    service = services.administration.webhooks
    dead = await service.deliveries(webhook_id=None, states=("dead",), cursor="", limit=SHOWN)
    return page(
        services,
        "webhooks.html",
        title="Webhooks",
        section="gateway",
        found=await service.list(offset=0, limit=SHOWN),
        dead=dead.deliveries,
        now=datetime.now(UTC),
    )


@get("/webhooks/{webhook_id:str}")
async def webhook(webhook_id: FromPath[str], request: AnyRequest, services: Services) -> Response[str]:
    """One webhook and its deliveries, newest first."""
    service = services.administration.webhooks
    state, cursor = request.query_params.get("state", ""), request.query_params.get("cursor", "")
    states = (state,) if state in STATES else ()
    return page(
        services,
        "webhook.html",
        title="Webhook",
        section="gateway",
        webhook=await service.get(webhook_id),
        log=await service.deliveries(webhook_id=webhook_id, states=states, cursor=cursor, limit=SHOWN),
        state=state,
        states=STATES,
        tested=request.query_params.get("tested", ""),
        now=datetime.now(UTC),
    )


@get("/webhooks/deliveries/{delivery_id:str}")
async def delivery(delivery_id: FromPath[str], services: Services) -> Response[str]:
    """One delivery: what is sent, and each attempt."""
    found = await services.administration.webhooks.delivery(delivery_id)
    return page(services, "delivery.html", title=found.delivery.event, section="gateway", found=found, now=datetime.now(UTC))


@post("/webhooks/deliveries/{delivery_id:str}/redeliver")
async def redeliver(delivery_id: FromPath[str], request: AnyRequest, services: Services) -> Response[Any]:
    """Deliver once more."""
    _refuse_others(request)
    again = await services.administration.webhooks.redeliver(delivery_id)
    return Redirect(f"/webhooks/deliveries/{again.delivery_id}", status_code=303)


@post("/webhooks/{webhook_id:str}/test")
async def test_webhook(webhook_id: FromPath[str], request: AnyRequest, services: Services) -> Response[Any]:
    """Send an example now, and say what was answered."""
    _refuse_others(request)
    result = await services.administration.webhooks.test(webhook_id)
    said = "delivered" if result.success else f"not delivered: {result.error_message or result.response_status or 'no answer'}"
    return Redirect(f"/webhooks/{webhook_id}?{urlencode({'tested': said})}", status_code=303)


def _refuse_others(request: AnyRequest) -> None:
    if not is_same_origin(request.headers, [request.url.netloc]):
        raise PermissionDeniedException("This form was sent by another site.")
