"""Icons of what is registered: an address that browsers read, so it must be one of the Internet. Raises ``InvalidParameterValue``."""

from typing import Any
from urllib.parse import urlsplit

from registry.errors import InvalidParameterValue
from registry.outbound.errors import HostMissing, NameUnresolved, NotAUrl, OutboundError, PrivateAddress, SchemeRefused
from registry.outbound.guard import AddressGuard
from registry.wire.plain import Shape

__all__ = ("Icon", "check_icon")


class Icon(Shape, frozen=True, kw_only=True):
    """A picture by its address."""

    src: str
    sizes: list[str] | None = None
    mime_type: str | None = None
    theme: str | None = None


async def check_icon(guard: AddressGuard, icon: dict[str, Any]) -> dict[str, Any]:
    """An icon whose address is public and whose type is that of an image. Nothing is fetched from there: a name need not resolve."""
    url, kind = icon["src"], icon.get("mimeType")
    if not url.strip():
        raise InvalidParameterValue(f"Icon URL cannot be empty or just whitespace: {url!r}")
    try:
        await guard.check_url(url)
    except NameUnresolved:
        pass
    except OutboundError as error:
        raise InvalidParameterValue(_why(url, error)) from error
    parts = urlsplit(url)
    if parts.username or parts.password:
        raise InvalidParameterValue(f"Icon URL must not include embedded credentials: {url!r}")
    if kind is None:
        return icon
    plain = kind.strip().lower()
    if not plain.startswith("image/") or plain == "image/":
        raise InvalidParameterValue(f"Invalid icon mimeType {kind!r}. Allowed values must use the 'image/*' media type.")
    return {**icon, "mimeType": plain}


def _why(url: str, error: OutboundError) -> str:
    match error:
        case SchemeRefused():
            return f"Invalid Icon URL scheme: {error.scheme!r}. Allowed schemes are: {', '.join(map(repr, error.allowed))}."
        case HostMissing():
            return f"Icon URL must include a hostname: {url!r}"
        case PrivateAddress():
            return f"Icon URL must not resolve to a non-public IP address. {error.host!r} resolves to {error.address}."
        case NotAUrl():
            return f"Invalid Icon URL {url!r}: {error.reason}"
        case _:
            return f"Invalid Icon URL {url!r}: {error}"
