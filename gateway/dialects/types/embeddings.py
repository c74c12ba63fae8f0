"""Embeddings: clients ask for them in OpenAI's words only."""

from collections.abc import Mapping
from typing import Literal, Protocol

import msgspec

from gateway.dialects.types.answers import Tokens
from gateway.dialects.types.requests import Written

__all__ = ("Embed", "Embedded", "EmbeddingDialect")


class Embed(msgspec.Struct, frozen=True, kw_only=True):
    """A request for vectors of texts, or of texts that are tokens already. ``extra`` as in ``Request``."""

    model: str
    inputs: tuple[str | tuple[int, ...], ...]
    dimensions: int | None = None
    encoding_format: Literal["float", "base64"] = "float"
    user: str | None = None
    extra: Mapping[str, msgspec.Raw] = {}


class Embedded(msgspec.Struct, frozen=True, kw_only=True):
    """A vector for each input, in its order."""

    vectors: tuple[tuple[float, ...], ...]
    model: str | None = None
    tokens: Tokens | None = None


class EmbeddingDialect(Protocol):
    """The direction of a provider whose embeddings are not asked for in OpenAI's form."""

    def write_request(self, request: Embed, model: str) -> Written:
        """See ``UpstreamDialect.write_request``."""
        ...

    def read_answer(self, body: bytes) -> Embedded:
        """See ``UpstreamDialect.read_answer``."""
        ...
