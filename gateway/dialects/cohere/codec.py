"""Cohere's chat, version 2: the direction of an upstream."""

from gateway.dialects.cohere.errors import read_error
from gateway.dialects.cohere.response import read_answer
from gateway.dialects.cohere.stream import ChatReader
from gateway.dialects.cohere.write_request import write_request
from gateway.dialects.types import DialectName

__all__ = ("Cohere",)


class Cohere:
    """Implements ``gateway.dialects.types.UpstreamDialect``."""

    name = DialectName.COHERE

    write_request = staticmethod(write_request)
    read_answer = staticmethod(read_answer)
    stream_reader = ChatReader
    read_error = staticmethod(read_error)
