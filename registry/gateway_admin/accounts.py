"""A secret of MLflow's API as an account of ours. Pure.

What comes through the API may only be what it says: a key is never the path of a file, never the identity of this machine, and no name leads to
another host than its vendor's.
"""

import re
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec

from config.schema import ProviderSettings
from config.secrets import Secret

__all__ = ("account", "lacking")

REGION: Final = re.compile(r"[a-z0-9-]{1,40}")
ORGANIZATION: Final = "openai-organization"
SECRETS: Final[Mapping[str, str]] = {
    "api_key": "api_key",
    "aws_access_key_id": "access_key_id",
    "aws_secret_access_key": "secret_access_key",
    "aws_session_token": "session_token",
    "client_secret": "client_secret",
    "vertex_credentials": "credentials",
}
PLAIN: Final[Mapping[str, str]] = {
    "api_version": "api_version",
    "tenant_id": "tenant_id",
    "client_id": "client_id",
    "aws_region_name": "region",
    "aws_region": "region",
    "vertex_location": "region",
    "vertex_project": "project",
}
"""MLflow's settings of a vendor, and ours."""


def account(kind: str, name: str, values: Mapping[str, str], auth: Mapping[str, str], base_url: str | None) -> ProviderSettings:
    """The account that a secret is. ``name`` is the secret's, for messages; ``values`` are sealed at rest, ``auth`` is not."""
    secrets = {ours: Secret(values[theirs], f"gateway secret {name}") for theirs, ours in SECRETS.items() if values.get(theirs)}
    plain = {ours: auth[theirs] for theirs, ours in PLAIN.items() if auth.get(theirs)}
    organization = auth.get("organization")
    settings: dict[str, Any] = {"kind": kind, "base_url": base_url, **secrets, **plain}
    return ProviderSettings(**settings, headers={ORGANIZATION: Secret(organization)} if organization else {})


def lacking(settings: ProviderSettings) -> str:
    """Why this account cannot be asked; ``""`` when it can."""
    if settings.region is not None and not REGION.fullmatch(settings.region):
        return f"its region {settings.region!r} is not the name of one"
    match settings.kind:
        case "bedrock":
            return _bedrock(settings)
        case "vertex":
            return _vertex(settings)
        case "azure":
            return _azure(settings)
        case _:
            return ""


def _bedrock(settings: ProviderSettings) -> str:
    if settings.region is None:
        return "its secret has no 'aws_region_name'"
    if settings.api_key is None and (settings.access_key_id is None or settings.secret_access_key is None):
        return "its secret has neither 'api_key' nor 'aws_access_key_id' with 'aws_secret_access_key', and the identity of the server is not lent"
    return ""


def _azure(settings: ProviderSettings) -> str:
    if settings.base_url is None:
        return "its secret has no 'api_base'"
    whole = settings.client_id and settings.tenant_id and settings.client_secret
    return "" if settings.api_key is not None or whole else "its secret has neither 'api_key' nor an application of Entra"


def _vertex(settings: ProviderSettings) -> str:
    if settings.credentials is None:
        return "its secret has no 'vertex_credentials', and the identity of the server is not lent"
    try:
        key = msgspec.json.decode(settings.credentials.reveal(), type=dict[str, Any])
    except (msgspec.MsgspecError, UnicodeError):
        return "its 'vertex_credentials' are not the JSON of a key"
    if key.get("type") != "service_account" or not _is_googles(key.get("token_uri")):
        return "its 'vertex_credentials' are not the key of a service account of Google's"
    return "" if settings.project or key.get("project_id") else "its secret has no 'vertex_project'"


def _is_googles(token_uri: object) -> bool:
    """Whether tokens come from Google: a key may name any address for it, and the server would ask there."""
    host = urlsplit(token_uri).hostname if isinstance(token_uri, str) else None
    return token_uri is None or (host is not None and (host == "googleapis.com" or host.endswith(".googleapis.com")))
