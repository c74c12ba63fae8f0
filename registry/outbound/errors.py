"""Why a request does not go out.

::

    OutboundError
    ├── AddressRefused           it leads where it may not, and always will
    │   ├── NotAUrl              it cannot be read
    │   ├── SchemeRefused        neither HTTPS, nor plain HTTP where that is allowed
    │   ├── HostMissing          it names no host
    │   └── PrivateAddress       its host is not one of the Internet
    └── NameUnresolved           its name has no address, which may pass
"""

__all__ = ("AddressRefused", "HostMissing", "NameUnresolved", "NotAUrl", "OutboundError", "PrivateAddress", "SchemeRefused")


class OutboundError(Exception):
    """Base of the tree. ``str()`` is a sentence about the address, fit for whoever gave it."""


class AddressRefused(OutboundError):
    """The address may not be connected to."""


class NotAUrl(AddressRefused):
    """``reason`` says what cannot be read."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"The address is not a URL: {reason}.")
        self.reason = reason


class SchemeRefused(AddressRefused):
    """``allowed`` are the schemes that may be used."""

    def __init__(self, scheme: str, allowed: tuple[str, ...]) -> None:
        super().__init__(f"The scheme {scheme!r} is not allowed; allowed: {', '.join(allowed)}.")
        self.scheme = scheme
        self.allowed = allowed


class HostMissing(AddressRefused):
    """Nothing stands where the host should."""

    def __init__(self) -> None:
        super().__init__("The URL names no host.")


class PrivateAddress(AddressRefused):
    """``host`` resolves to ``address``, which only somebody inside could reach."""

    def __init__(self, host: str, address: str) -> None:
        super().__init__(
            f"{host!r} is {address}, which is not a public address; security.allow_private_addresses allows private ones for all."
        )
        self.host = host
        self.address = address


class NameUnresolved(OutboundError):
    """``host`` has no address; ``reason`` is the resolver's."""

    def __init__(self, host: str, reason: str) -> None:
        super().__init__(f"The name {host!r} does not resolve: {reason}.")
        self.host = host
        self.reason = reason
