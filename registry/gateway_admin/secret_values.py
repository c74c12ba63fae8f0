"""What may be in a secret and in how it logs in, and how much of it is shown. Errors never quote a value."""

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlsplit

from registry.errors import InvalidParameterValue
from registry.outbound.errors import HostMissing, NameUnresolved, NotAUrl, OutboundError, PrivateAddress, SchemeRefused
from registry.outbound.guard import AddressGuard

__all__ = ("check_auth_config", "masked", "read_values")

DESTINATIONS: Final = frozenset({"api_base", "base_url", "model_list", "fallbacks", "custom_llm_provider"})
"""Names under which other gateways take an address. One that was not checked must not come in under any of them."""

API_BASE: Final = "Gateway secret api_base"
SHORTEST_SHOWN: Final = 8


def read_values(given: Any) -> dict[str, str]:
    """The values of a secret. Raises ``InvalidParameterValue``."""
    if given is None:
        raise InvalidParameterValue("Missing value for required parameter 'secret_value'.")
    if not isinstance(given, dict) or not all(isinstance(each, str) for each in given.values()):
        raise InvalidParameterValue("Invalid value for parameter 'secret_value': it maps names to texts.")
    if reserved := sorted(DESTINATIONS & set(given)):
        raise InvalidParameterValue(
            f"secret_value must not contain {_quoted(reserved)}: these keys choose where the gateway sends requests. Set the upstream with "
            "'api_base' in auth_config, where it is validated."
        )
    return dict(given)


def masked(values: Mapping[str, str]) -> dict[str, str]:
    """The first three and the last four characters of each value; nothing of one that is short."""
    return {name: f"{value[:3]}...{value[-4:]}" if len(value) >= SHORTEST_SHOWN else "***" for name, value in values.items()}


async def check_auth_config(given: Mapping[str, str], guard: AddressGuard) -> dict[str, str]:
    """The way to log in that a client gave, without a blank ``api_base``. Raises ``InvalidParameterValue``."""
    if reserved := sorted((DESTINATIONS - {"api_base"}) & set(given)):
        raise InvalidParameterValue(
            f"auth_config must not contain {_quoted(reserved)}: these LiteLLM options choose where the gateway sends requests. Set the "
            "upstream with 'api_base', which is validated."
        )
    config = {name: value for name, value in given.items() if name != "api_base"}
    if base := given.get("api_base", "").strip():
        await _check_base(base, guard)
        config["api_base"] = base
    return config


async def _check_base(url: str, guard: AddressGuard) -> None:
    try:
        parts = urlsplit(url)
    except ValueError as error:
        raise InvalidParameterValue(f"Invalid {API_BASE} {url!r}: {error}") from None
    if parts.username or parts.password:
        raise InvalidParameterValue(f"{API_BASE} must not include embedded credentials.")
    try:
        await guard.check_url(url)
    except OutboundError as error:
        raise InvalidParameterValue(_why(url, error)) from error


def _why(url: str, error: OutboundError) -> str:
    match error:
        case SchemeRefused():
            allowed = ", ".join(repr(scheme) for scheme in sorted(error.allowed))
            return f"Invalid {API_BASE} scheme: {error.scheme!r}. Allowed schemes are: {allowed}."
        case HostMissing():
            return f"{API_BASE} must include a hostname: {url!r}"
        case PrivateAddress():
            return f"{API_BASE} must not resolve to a non-public IP address. {error.host!r} resolves to {error.address}."
        case NameUnresolved():
            return f"Cannot resolve {API_BASE} hostname {error.host!r}: {error.reason}"
        case NotAUrl():
            return f"Invalid {API_BASE} {url!r}: {error.reason}"
        case _:
            return f"Invalid {API_BASE} {url!r}: {error}"


def _quoted(names: list[str]) -> str:
    return ", ".join(repr(name) for name in names)
