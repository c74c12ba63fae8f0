"""OpenAI's chat completions, both directions."""

from gateway.dialects.openai_chat.errors import error_event, read_error, write_error
from gateway.dialects.openai_chat.request import read_request
from gateway.dialects.openai_chat.response import read_answer, write_answer
from gateway.dialects.openai_chat.stream import ChatReader, ChatWriter
from gateway.dialects.openai_chat.write_request import write_request
from gateway.dialects.types import DialectName

__all__ = ("OpenAIChat",)


class OpenAIChat:
    """Implements ``gateway.dialects.types.Dialect``."""

    name = DialectName.OPENAI_CHAT
    content_type = "text/event-stream; charset=utf-8"
    keep_alive = b": keep-alive\n\n"

    read_request = staticmethod(read_request)
    write_answer = staticmethod(write_answer)
    stream_writer = ChatWriter
    write_error = staticmethod(write_error)
    error_event = staticmethod(error_event)

    write_request = staticmethod(write_request)
    read_answer = staticmethod(read_answer)
    stream_reader = ChatReader
    read_error = staticmethod(read_error)
