"""What an account does: it says who asks."""

from typing import Protocol

__all__ = ("Account", "HeaderList")

HeaderList = list[tuple[str, str]]


class Account(Protocol):
    """Somebody who may ask, and how they prove it."""

    async def headers(self, url: str, content_type: str, body: bytes, method: str = "POST") -> HeaderList:
        """What a request of ``body`` to ``url`` needs beside its content type. Raises ``UpstreamUnreachable`` when no proof can be had."""
        ...
