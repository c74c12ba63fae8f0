"""How each vendor lets one in: what a secret for it has to hold. ``registry.gateway_admin.accounts`` makes accounts of what is filled in.

Only what this server honours is offered. Its own identity (roles of the machine, default credentials) is lent to nobody who comes through the API,
so that those ways of MLflow's are not among them.
"""

from collections.abc import Mapping
from typing import Final

from config.providers import VENDORS
from registry.gateway_admin.catalogue_messages import AuthField, AuthMode

__all__ = ("logins",)


def logins(kind: str) -> tuple[AuthMode, ...]:
    """The ways to log in with a vendor, the usual one first. For a vendor that is not known, the address is needed, too."""
    if special := SPECIAL.get(kind):
        return special
    vendor = next((each for each in VENDORS if each.name == kind), None)
    if vendor is None:
        return (_with_key(kind, address_needed=True),)
    return (_with_key(kind, key_needed="api_key" in vendor.known_by, address_needed=vendor.base_url is None),)


def _with_key(kind: str, *more: AuthField, key_needed: bool = True, address_needed: bool = False) -> AuthMode:
    return AuthMode(
        mode="api_key",
        display_name="API key",
        description=f"An API key of {kind}",
        secret_fields=[_field("api_key", "The key", needed=key_needed)],
        config_fields=[_field("api_base", "Base URL of the API", needed=address_needed), *more],
    )


def _field(name: str, description: str, *, needed: bool = True) -> AuthField:
    return AuthField(name=name, description=description, required=needed)


_REGION: Final = _field("aws_region_name", "AWS region, such as eu-west-1")
_AZURE: Final = [
    _field("api_base", "Endpoint of the resource, such as https://NAME.openai.azure.com"),
    _field("api_version", "Version of the API, for paths with a deployment in them", needed=False),
]
SPECIAL: Final[Mapping[str, tuple[AuthMode, ...]]] = {
    "openai": (_with_key("openai", _field("organization", "Organization that is billed", needed=False)),),
    "azure": (
        AuthMode(
            mode="api_key",
            display_name="API key",
            description="A key of the Azure OpenAI resource",
            secret_fields=[_field("api_key", "The key")],
            config_fields=_AZURE,
        ),
        AuthMode(
            mode="service_principal",
            display_name="Service principal",
            description="An application of Microsoft Entra",
            secret_fields=[_field("client_secret", "Secret of the application")],
            config_fields=[_field("client_id", "The application's id"), _field("tenant_id", "Its tenant"), *_AZURE],
        ),
    ),
    "bedrock": (
        AuthMode(
            mode="api_key",
            display_name="API key",
            description="An API key of Amazon Bedrock (a bearer token)",
            secret_fields=[_field("api_key", "The key")],
            config_fields=[_REGION],
        ),
        AuthMode(
            mode="access_keys",
            display_name="Access keys",
            description="An access key of AWS with its secret",
            secret_fields=[
                _field("aws_access_key_id", "Id of the access key"),
                _field("aws_secret_access_key", "Its secret"),
                _field("aws_session_token", "Token of a temporary key", needed=False),
            ],
            config_fields=[_REGION],
        ),
    ),
    "vertex": (
        AuthMode(
            mode="service_account_json",
            display_name="Service account",
            description="The JSON key of a Google Cloud service account",
            secret_fields=[_field("vertex_credentials", "What is in the file of the key")],
            config_fields=[
                _field("vertex_project", "Project, where the key's own is not meant", needed=False),
                _field("vertex_location", "Region; the global endpoint without it", needed=False),
            ],
        ),
    ),
}
