"""Anthropic's Messages, both directions."""

from gateway.dialects.anthropic.errors import error_event, read_error, write_error
from gateway.dialects.anthropic.request import read_request
from gateway.dialects.anthropic.response import read_answer, write_answer
from gateway.dialects.anthropic.stream import MessageReader, MessageWriter
from gateway.dialects.anthropic.write_request import write_request
from gateway.dialects.types import DialectName

__all__ = ("Anthropic",)


class Anthropic:
    """Implements ``gateway.dialects.types.Dialect``."""

    name = DialectName.ANTHROPIC
    content_type = "text/event-stream; charset=utf-8"
    keep_alive = b'event: ping\ndata: {"type": "ping"}\n\n'

    read_request = staticmethod(read_request)
    write_answer = staticmethod(write_answer)
    stream_writer = MessageWriter
    write_error = staticmethod(write_error)
    error_event = staticmethod(error_event)

    write_request = staticmethod(write_request)
    read_answer = staticmethod(read_answer)
    stream_reader = MessageReader
    read_error = staticmethod(read_error)
