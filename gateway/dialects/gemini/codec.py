"""Gemini's content, both directions."""

from gateway.dialects.gemini.errors import error_event, read_error, write_error
from gateway.dialects.gemini.request import read_request
from gateway.dialects.gemini.response import read_answer, write_answer
from gateway.dialects.gemini.stream import ContentReader, ContentWriter
from gateway.dialects.gemini.write_request import write_request
from gateway.dialects.types import DialectName

__all__ = ("Gemini",)


class Gemini:
    """Implements ``gateway.dialects.types.Dialect``."""

    name = DialectName.GEMINI
    content_type = "text/event-stream"
    # Google's SDK for Go refuses comments and blank lines, the one for Python keeps no turn of a chat with an event that has no part: an empty text is left.
    keep_alive = b'data: {"candidates":[{"content":{"role":"model","parts":[{"text":""}]},"index":0}]}\n\n'

    read_request = staticmethod(read_request)
    write_answer = staticmethod(write_answer)
    stream_writer = ContentWriter
    write_error = staticmethod(write_error)
    error_event = staticmethod(error_event)

    write_request = staticmethod(write_request)
    read_answer = staticmethod(read_answer)
    stream_reader = ContentReader
    read_error = staticmethod(read_error)
