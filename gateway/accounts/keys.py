"""A key that is sent as it is."""

from config.secrets import Secret
from gateway.accounts.types import HeaderList

__all__ = ("Key", "bearer")


class Key:
    """Implements ``Account`` with one header. Without a key nothing is sent: a server at home may want none."""

    def __init__(self, header: str, secret: Secret | None, prefix: str = "") -> None:
        self._headers: HeaderList = [] if secret is None else [(header, prefix + secret.reveal())]

    async def headers(self, url: str, content_type: str, body: bytes, method: str = "POST") -> HeaderList:
        """See ``Account.headers``."""
        return self._headers

    def refused(self, proof: HeaderList) -> bool:
        """See ``Account.refused``: there is one key."""
        return False


def bearer(secret: Secret | None) -> Key:
    """``Authorization: Bearer``."""
    return Key("authorization", secret, "Bearer ")
