"""Vendors that repeat, in an error, the key that they were called with: it is the gateway's, and nothing of it is for the client."""

from collections.abc import Iterator
from typing import Final

from config.schema import ProviderSettings
from config.secrets import Secret

__all__ = ("without_secrets",)

MASK: Final = b"***"
SHORTEST: Final = 8
"""What is shorter is no key, and may be a word of the error."""


def without_secrets(body: bytes, settings: ProviderSettings | None) -> bytes:
    """The error of an account, its secrets masked wherever they stand as they are."""
    for secret in () if settings is None else _secrets(settings):
        said = secret.reveal().encode()
        if len(said) >= SHORTEST and said in body:
            body = body.replace(said, MASK)
    return body


def _secrets(settings: ProviderSettings) -> Iterator[Secret]:
    known = (settings.api_key, settings.client_secret, settings.access_key_id, settings.secret_access_key, settings.session_token)
    yield from filter(None, known)
    yield from settings.headers.values()
