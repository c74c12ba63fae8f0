"""OpenAI's Responses, both directions. Errors have the form that they have in its chat."""

import msgspec

from gateway.dialects.openai_chat.errors import read_error, write_error
from gateway.dialects.openai_responses.request import read_request
from gateway.dialects.openai_responses.response import read_answer, write_answer
from gateway.dialects.openai_responses.stream import ResponseReader
from gateway.dialects.openai_responses.write_request import write_request
from gateway.dialects.openai_responses.writer import ResponseWriter
from gateway.dialects.types import DialectName, Failure

__all__ = ("OpenAIResponses",)


def error_event(failure: Failure) -> bytes:
    """See ``ClientDialect.error_event``."""
    told = {"type": "error", "sequence_number": 0, "code": failure.code, "message": failure.message, "param": failure.param}
    return b"\n\nevent: error\ndata: " + msgspec.json.encode(told) + b"\n\n"


class OpenAIResponses:
    """Implements ``gateway.dialects.types.Dialect``."""

    name = DialectName.OPENAI_RESPONSES
    content_type = "text/event-stream; charset=utf-8"
    keep_alive = b": keep-alive\n\n"

    read_request = staticmethod(read_request)
    write_answer = staticmethod(write_answer)
    stream_writer = ResponseWriter
    write_error = staticmethod(write_error)
    error_event = staticmethod(error_event)

    write_request = staticmethod(write_request)
    read_answer = staticmethod(read_answer)
    stream_reader = ResponseReader
    read_error = staticmethod(read_error)
