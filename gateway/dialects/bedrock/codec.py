"""Bedrock's Converse: the direction of an upstream."""

from gateway.dialects.bedrock.errors import read_error
from gateway.dialects.bedrock.response import read_answer
from gateway.dialects.bedrock.stream import ConverseReader
from gateway.dialects.bedrock.write_request import write_request
from gateway.dialects.types import DialectName

__all__ = ("BedrockConverse",)


class BedrockConverse:
    """Implements ``gateway.dialects.types.UpstreamDialect``."""

    name = DialectName.BEDROCK

    write_request = staticmethod(write_request)
    read_answer = staticmethod(read_answer)
    stream_reader = ConverseReader
    read_error = staticmethod(read_error)
