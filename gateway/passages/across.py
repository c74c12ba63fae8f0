"""From one dialect to another, and back."""

from collections.abc import Callable, Mapping
from typing import Literal

import msgspec
from typing_extensions import override

from gateway.dialects.callers_words import callers_words
from gateway.dialects.failures import failure_of
from gateway.dialects.reading import too_deep
from gateway.dialects.table import CLIENT_DIALECTS, UPSTREAM_DIALECTS
from gateway.dialects.types import DialectName, EventReader, Request, Tokens, Written
from gateway.errors import GatewayError, InvalidRequest
from gateway.passages.going_on import gone_on
from gateway.passages.observing import EventStream, observed, usage_of
from gateway.passages.translated import TranslatedUpstream
from gateway.types import Inbound, Observation, StreamReader, Upstream
from gateway.wire.patch import members, patch

__all__ = ("AcrossPassage",)


class AcrossPassage:
    """Implements ``gateway.types.Passage``. One for each attempt: it remembers what the target counted."""

    def __init__(
        self,
        inbound: Inbound,
        edits: Mapping[str, bytes | None],
        dialect: DialectName,
        model: str,
        on_unsupported: Literal["error", "drop", "forward"],
    ) -> None:
        body = patch(inbound.body, edits) if edits else inbound.body
        if inbound.dialect is DialectName.OPENAI_RESPONSES:
            body = gone_on(body, inbound.previous)
        self.dialect = dialect
        self._client = CLIENT_DIALECTS[inbound.dialect]
        try:
            self._request = _addressed(self._client.read_request(body), inbound)
            written = UPSTREAM_DIALECTS[dialect].write_request(self._request, model)
            if written.dropped:
                told = callers_words(written.dropped, self._request.extra, body, inbound.dialect)
                written = msgspec.structs.replace(written, dropped=told)
        except RecursionError as error:
            raise too_deep() from error
        if on_unsupported == "error" and written.dropped:
            raise _refusal(written.dropped, dialect)
        self._written = _forwarding(written, self._request) if on_unsupported == "forward" else written
        self.body, self.dropped = self._written.body, self._written.dropped
        self._answer: TranslatedUpstream | None = None

    def answered(self, upstream: Upstream) -> Upstream:
        """See ``Passage.answered``."""
        self._answer = TranslatedUpstream(upstream, UPSTREAM_DIALECTS[self.dialect], self._client, self._request, self._written)
        return self._answer

    def read_answer(self, body: bytes) -> Observation:
        """See ``Passage.read_answer``."""
        return _counted(observed(UPSTREAM_DIALECTS[self._client.name].read_answer(body)), self._tokens())

    def read_stream(self) -> StreamReader:
        """See ``Passage.read_stream``."""
        return _CountedStream(UPSTREAM_DIALECTS[self._client.name].stream_reader(), self._tokens)

    def fail(self, error: GatewayError) -> bytes:
        """See ``Passage.fail``: an error that the target told itself is told in its words."""
        answer = self._answer
        if answer is None:
            return self._client.error_event(failure_of(error))
        return answer.fail(answer.failure or failure_of(error))

    def _tokens(self) -> Tokens | None:
        return None if self._answer is None else self._answer.tokens


class _CountedStream(EventStream):
    """Reads what the client gets, and tells what the target counted."""

    def __init__(self, reader: EventReader, tokens: Callable[[], Tokens | None]) -> None:
        super().__init__(reader)
        self._tokens = tokens

    @override
    def observation(self) -> Observation:
        return _counted(super().observation(), self._tokens())


def _counted(observation: Observation, tokens: Tokens | None) -> Observation:
    """The observation with the target's own figures: the client's dialect may have no place for some, or was not asked for any."""
    usage = None if tokens is None else usage_of(tokens)
    return observation if usage is None else msgspec.structs.replace(observation, usage=usage)


def _addressed(request: Request, inbound: Inbound) -> Request:
    """A dialect that says model and stream in the URL leaves them to the surface."""
    return msgspec.structs.replace(request, model=inbound.model, stream=inbound.stream) if inbound.model else request


def _forwarding(written: Written, request: Request) -> Written:
    """The request with the members that nobody here knows, as they were sent: the vendor may know them."""
    taken = {member.name for member in members(written.body)}
    sent: dict[str, bytes | None] = {name: bytes(value) for name, value in request.extra.items() if name not in taken and "." not in name}
    if not sent:
        return written
    dropped = tuple(name for name in written.dropped if name not in sent)
    return msgspec.structs.replace(written, body=patch(written.body, sent), dropped=dropped)


def _refusal(dropped: tuple[str, ...], dialect: DialectName) -> InvalidRequest:
    names = ", ".join(repr(name) for name in dropped)
    return InvalidRequest(
        f"The model of this route is asked in the dialect {dialect.value!r}, which cannot say {names}. Leave that out, or set on_unsupported: drop for the route.",
        param=dropped[0].partition(" (")[0],
    )
