"""Gemini's requests for embeddings, as its clients send them: one text, or a batch of such requests.

https://ai.google.dev/api/embeddings
"""

from typing import Any, Final

import msgspec

from gateway.dialects.gemini.wire import camelled
from gateway.dialects.reading import decoded_request, unread
from gateway.dialects.types import Embed, Embedded
from gateway.errors import InvalidRequest
from gateway.wire.patch import patch

__all__ = ("as_batch", "as_single", "for_model", "is_batch", "read_batch", "write_batch")


class Part(msgspec.Struct):
    """A part of a content; one without ``text`` is a picture, a sound or a file."""

    text: str | None = None


class Content(msgspec.Struct):
    """What is embedded."""

    parts: list[Part] = []


class One(msgspec.Struct, rename="camel"):
    """The request for one vector. ``model`` is said by the URL, too."""

    content: Content
    model: str = ""
    output_dimensionality: int | None = None


class Batch(msgspec.Struct):
    """The body of a batch."""

    requests: list[msgspec.Raw]


_ANY: Final = msgspec.json.Decoder(dict[str, Any])
_MEMBERS: Final = msgspec.json.Decoder(dict[str, msgspec.Raw])
_BATCH: Final = msgspec.json.Decoder(Batch)
_ONE: Final = msgspec.json.Decoder(One)
_VECTORS: Final = msgspec.json.Decoder(list[msgspec.Raw])


def is_batch(body: bytes) -> bool:
    """Whether a body is one of ``batchEmbedContents``. Raises ``InvalidRequest`` for what is no object."""
    return "requests" in decoded_request(body, _MEMBERS)


def as_batch(body: bytes) -> bytes:
    """A request of ``embedContent`` as a batch of one."""
    return b'{"requests":[' + body + b"]}"


def as_single(body: bytes) -> bytes:
    """The answer to a batch of one as that of ``embedContent``."""
    members = _MEMBERS.decode(body)
    vectors = _VECTORS.decode(members.pop("embeddings", msgspec.Raw(b"[]")))
    return msgspec.json.encode({"embedding": vectors[0] if vectors else None, **members})


def for_model(body: bytes, model: str) -> bytes:
    """A batch for ``model``: each of its requests names it; every other byte of theirs stays."""
    name = msgspec.json.encode(f"models/{model}")
    requests = [patch(bytes(each), {"model": name}) for each in decoded_request(body, _BATCH).requests]
    return b'{"requests":[' + b",".join(requests) + b"]}"


def read_batch(body: bytes, model: str) -> Embed:
    """A batch in the neutral form: what all of it has in common is said once. Raises ``InvalidRequest``."""
    bodies = [msgspec.json.encode(camelled(decoded_request(bytes(each), _ANY))) for each in decoded_request(body, _BATCH).requests]
    requests = [decoded_request(each, _ONE) for each in bodies]
    wanted = {each.output_dimensionality for each in requests}
    extras = [unread(each, One) for each in bodies]
    if len(wanted) > 1 or any(extra != extras[0] for extra in extras):
        raise InvalidRequest(
            "The requests of a batch may differ in their content alone where the model is not one of Google's.", param="requests"
        )
    texts = tuple(_text(each.content) for each in requests)
    return Embed(model=model, inputs=texts, dimensions=next(iter(wanted), None), extra=extras[0] if extras else {})


def write_batch(embedded: Embedded) -> bytes:
    """The body of the answer to a batch."""
    body: dict[str, Any] = {"embeddings": [{"values": vector} for vector in embedded.vectors]}
    if embedded.tokens is not None and embedded.tokens.prompt is not None:
        body["usageMetadata"] = {"promptTokenCount": embedded.tokens.prompt}
    return msgspec.json.encode(body)


def _text(content: Content) -> str:
    texts = [part.text for part in content.parts if part.text is not None]
    if len(texts) < len(content.parts) or not texts:
        raise InvalidRequest("The model embeds texts: every part of 'content' needs a 'text'.", param="content")
    return "".join(texts)
