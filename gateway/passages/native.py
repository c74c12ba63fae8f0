"""Any other dialect to a target that speaks it, too: the client's bytes there, the vendor's bytes back."""

import msgspec

from gateway.dialects.failures import failure_of
from gateway.dialects.table import CLIENT_DIALECTS, UPSTREAM_DIALECTS
from gateway.dialects.types import DialectName
from gateway.errors import GatewayError
from gateway.passages.chat import known
from gateway.passages.going_on import gone_on, rewritten
from gateway.passages.observing import EventStream, observed
from gateway.types import Inbound, Observation, StreamReader, Upstream
from gateway.wire.openai import RequestHead
from gateway.wire.patch import replace

__all__ = ("NativePassage",)

_NAMED_IN_URL = frozenset({DialectName.GEMINI, DialectName.BEDROCK})
"""Dialects whose bodies do not name the model."""


class NativePassage:
    """Implements ``gateway.types.Passage``: only the model's name is patched."""

    dropped: tuple[str, ...] = ()

    def __init__(self, inbound: Inbound, head: RequestHead, model: str) -> None:
        self.dialect = inbound.dialect
        named = self.dialect not in _NAMED_IN_URL
        body = inbound.body
        if inbound.previous is not None and not inbound.previous.native:
            body = rewritten(gone_on(body, inbound.previous), self.dialect)
        self.body = replace(body, "model", msgspec.json.encode(model), known(head)) if named else body

    def answered(self, upstream: Upstream) -> Upstream:
        """See ``Passage.answered``."""
        return upstream

    def read_answer(self, body: bytes) -> Observation:
        """See ``Passage.read_answer``."""
        return observed(UPSTREAM_DIALECTS[self.dialect].read_answer(body))

    def read_stream(self) -> StreamReader:
        """See ``Passage.read_stream``."""
        return EventStream(UPSTREAM_DIALECTS[self.dialect].stream_reader())

    def fail(self, error: GatewayError) -> bytes:
        """See ``Passage.fail``."""
        return CLIENT_DIALECTS[self.dialect].error_event(failure_of(error))
