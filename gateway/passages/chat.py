"""OpenAI's chat and embeddings to a target of the same dialect: the way of nearly every request, so nothing is done that need not be."""

from collections.abc import Mapping
from typing import Final

import msgspec

from gateway.dialects.types import DialectName
from gateway.errors import GatewayError
from gateway.providers.openai.answer import read_answer
from gateway.providers.openai.stream import ChatStream
from gateway.render import error_event
from gateway.types import Observation, Operation, StreamReader, Upstream
from gateway.wire.openai import RequestHead
from gateway.wire.patch import insert, patch, replace

__all__ = ("ChatPassage", "asks_for_usage", "known", "prepare")

INCLUDE_USAGE: Final = b'{"include_usage":true}'


class ChatPassage:
    """Implements ``gateway.types.Passage``: only the model's name is patched, and streams are asked for their usage."""

    dialect = DialectName.OPENAI_CHAT
    dropped: tuple[str, ...] = ()

    __slots__ = ("_head", "_operation", "body")

    def __init__(self, operation: Operation, head: RequestHead, body: bytes, model: str, edits: Mapping[str, bytes | None]) -> None:
        self._operation = operation
        self._head = head
        self.body = prepare(head, body, model, edits)

    def answered(self, upstream: Upstream) -> Upstream:
        """See ``Passage.answered``."""
        return upstream

    def read_answer(self, body: bytes) -> Observation:
        """See ``Passage.read_answer``."""
        return read_answer(self._operation, body)

    def read_stream(self) -> StreamReader:
        """See ``Passage.read_stream``."""
        return ChatStream(strip_usage=not asks_for_usage(self._head))

    def fail(self, error: GatewayError) -> bytes:
        """See ``Passage.fail``."""
        return error_event(error)


def prepare(head: RequestHead, body: bytes, model: str, edits: Mapping[str, bytes | None]) -> bytes:
    """The client's bytes with the upstream's model name. A stream is asked for its usage; ``ChatStream`` hides what the client did not ask for."""
    name, options = msgspec.json.encode(model), bytes(head.stream_options)
    usage = {} if not head.stream or asks_for_usage(head) else {"stream_options": _with_usage(options)}
    if edits or (usage and options):
        return patch(body, {**edits, **usage, "model": name}, known(head))
    return insert(replace(body, "model", name, known(head)), usage)


def known(head: RequestHead) -> tuple[msgspec.Raw, ...]:
    """The members of a request that may be large, as they were read of its body."""
    return (head.messages, head.input, head.tools, head.prompt)


def asks_for_usage(head: RequestHead) -> bool:
    """Whether the client itself asked for the chunk that tells the usage of a stream."""
    raw = bytes(head.stream_options)
    if not raw.startswith(b"{"):
        return False
    options = msgspec.json.decode(raw)
    return bool(options.get("include_usage"))


def _with_usage(options: bytes) -> bytes:
    return patch(options, {"include_usage": b"true"}) if options.startswith(b"{") else INCLUDE_USAGE
