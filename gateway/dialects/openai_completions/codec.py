"""OpenAI's completions without messages, both directions. Providers that have none are asked by a chat."""

from gateway.dialects.openai_chat.errors import error_event, read_error, write_error
from gateway.dialects.openai_completions.request import read_request, write_request
from gateway.dialects.openai_completions.response import read_answer, write_answer
from gateway.dialects.openai_completions.stream import CompletionReader, CompletionWriter
from gateway.dialects.types import DialectName

__all__ = ("OpenAICompletions",)


class OpenAICompletions:
    """Implements ``gateway.dialects.types.Dialect``."""

    name = DialectName.OPENAI_COMPLETIONS
    content_type = "text/event-stream; charset=utf-8"
    keep_alive = b": keep-alive\n\n"

    read_request = staticmethod(read_request)
    write_answer = staticmethod(write_answer)
    stream_writer = CompletionWriter
    write_error = staticmethod(write_error)
    error_event = staticmethod(error_event)

    write_request = staticmethod(write_request)
    read_answer = staticmethod(read_answer)
    stream_reader = CompletionReader
    read_error = staticmethod(read_error)
