"""The port to accounts: how a request proves who asks."""

from typing import Protocol

__all__ = ("Account", "HeaderList")

HeaderList = list[tuple[str, str]]


class Account(Protocol):
    """An identity at an upstream."""

    async def headers(self, url: str, content_type: str, body: bytes, method: str = "POST") -> HeaderList:
        """The headers that prove who asks, for a request of ``body`` to ``url``.

        Raises ``UpstreamUnreachable`` when no proof can be had.
        """
        ...

    def refused(self, proof: HeaderList) -> bool:
        """The upstream did not take ``proof``: whether another one may be had, with which the request is sent once more."""
        ...
