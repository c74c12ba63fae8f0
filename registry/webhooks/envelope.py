"""What goes over the wire, byte by byte: the body, its headers, its signature. Pure.

The names of the headers and the form of the signature are those MLflow sends, so that a receiver written for MLflow takes ours:
``v1,`` and the base64 of HMAC-SHA256 over ``delivery id . unix seconds . body``.
"""

import base64
import hashlib
import hmac
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec

from config.secrets import Secret

__all__ = ("body_of", "headers_of", "signature")


def body_of(event: str, payload: Mapping[str, Any], at: datetime, workspace: str = "") -> str:
    """The JSON text that a receiver gets; ``at`` is when it happened, ``workspace`` where, unless in the default one."""
    entity, _, action = event.partition(".")
    place = {"workspace": workspace} if workspace else {}
    return msgspec.json.encode({"entity": entity, "action": action, "timestamp": at.isoformat(), "data": payload, **place}).decode()


def headers_of(*, delivery_id: str, event_id: str, attempt: int, at: datetime, body: str, secret: Secret | None) -> dict[str, str]:
    """The headers of one attempt.

    The time is that of the attempt, not of the event: receivers refuse a signature that is minutes old as a replay, and an attempt may come
    long after the first. Delivery id and idempotency key stay, so that a receiver knows what it has seen.
    """
    seconds = str(int(at.timestamp()))
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "tidegate-webhook/1",
        "X-MLflow-Delivery-Id": delivery_id,
        "X-MLflow-Timestamp": seconds,
        "Idempotency-Key": event_id,
        "X-Tidegate-Attempt": str(attempt),
    }
    if secret is not None:
        headers["X-MLflow-Signature"] = signature(secret, delivery_id, seconds, body)
    return headers


def signature(secret: Secret, delivery_id: str, seconds: str, body: str) -> str:
    """The value of ``X-MLflow-Signature``."""
    signed = f"{delivery_id}.{seconds}.{body}".encode()
    digest = hmac.new(secret.reveal().encode(), signed, hashlib.sha256).digest()
    return f"v1,{base64.b64encode(digest).decode()}"
