"""What a webhook may be called, where it may point and what it may hear of, in the sentences MLflow's clients know."""

import re
from collections.abc import Collection, Sequence
from typing import Final

from registry.errors import InvalidParameterValue
from registry.outbound.errors import HostMissing, NameUnresolved, NotAUrl, OutboundError, PrivateAddress, SchemeRefused
from registry.outbound.guard import AddressGuard
from registry.webhooks.catalogue import EVENTS

__all__ = ("check_description", "check_event", "check_events", "check_name", "check_url")

NAME: Final = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?")
LONGEST_DESCRIPTION: Final = 1000
LONGEST_URL: Final = 500


def check_name(name: str) -> None:
    """Raise ``InvalidParameterValue`` for a name that a webhook cannot have."""
    if not NAME.fullmatch(name):
        raise InvalidParameterValue(
            f"Webhook name {name!r} is invalid. It must start and end with a letter or digit, be less than 63 characters long, and contain "
            "only letters, digits, dots (.), underscores (_), and hyphens (-)."
        )


def check_description(description: str) -> None:
    """Raise ``InvalidParameterValue`` for a description that is too long."""
    if len(description) > LONGEST_DESCRIPTION:
        raise InvalidParameterValue(f"Webhook description is {len(description)} characters long; it may have {LONGEST_DESCRIPTION}.")


def check_events(events: Sequence[str]) -> None:
    """``events`` are ``entity.action``. Raises ``InvalidParameterValue``."""
    if not events:
        raise InvalidParameterValue(f"Webhook events must be a non-empty list of WebhookEvent objects: {list(events)}.")
    for event in events:
        check_event(event, EVENTS)


def check_event(event: str, known: Collection[str]) -> None:
    """Raise ``InvalidParameterValue`` for an event that does not exist.

    Where the entity is known the message is about the action, as MLflow's is.
    """
    if event in known:
        return
    entity, _, action = event.partition(".")
    actions = sorted(name.partition(".")[2] for name in known if name.startswith(f"{entity}."))
    if actions:
        raise InvalidParameterValue(f"Invalid action '{action}' for entity '{entity}'. Valid actions are: {actions}")
    raise InvalidParameterValue(f"Invalid event '{event}'. Valid events are: {', '.join(known)}")


async def check_url(url: str, guard: AddressGuard) -> None:
    """Raise ``InvalidParameterValue`` for a URL to which nothing can be sent."""
    if not url.strip():
        raise InvalidParameterValue(f"Webhook URL cannot be empty or just whitespace: {url!r}")
    if len(url) > LONGEST_URL:
        raise InvalidParameterValue(f"Webhook URL is {len(url)} characters long; it may have {LONGEST_URL}.")
    try:
        await guard.check_url(url)
    except OutboundError as error:
        raise InvalidParameterValue(_why(url, error)) from error


def _why(url: str, error: OutboundError) -> str:
    match error:
        case SchemeRefused():
            return f"Invalid webhook URL scheme: {error.scheme!r}. Allowed schemes are: {', '.join(error.allowed)}."
        case HostMissing():
            return f"Webhook URL must include a hostname: {url!r}"
        case PrivateAddress():
            return f"Webhook URL must not resolve to a non-public IP address. {error.host!r} resolves to {error.address}."
        case NameUnresolved():
            return f"Cannot resolve Webhook URL hostname {error.host!r}: {error.reason}"
        case NotAUrl():
            return f"Invalid webhook URL {url!r}: {error.reason}"
        case _:
            return f"Invalid webhook URL {url!r}: {error}"
