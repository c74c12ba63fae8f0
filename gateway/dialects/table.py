"""The dialects in which a generation is asked for, and the tables that list them.

To add one: a folder with ``wire`` (shapes), ``request``, ``response`` and ``stream`` files and a codec, and a line here. A dialect that no
client speaks has only the direction of ``UpstreamDialect``.
"""

from collections.abc import Mapping

from gateway.dialects.anthropic.codec import Anthropic
from gateway.dialects.bedrock.codec import BedrockConverse
from gateway.dialects.cohere.codec import Cohere
from gateway.dialects.gemini.codec import Gemini
from gateway.dialects.openai_chat.codec import OpenAIChat
from gateway.dialects.openai_completions.codec import OpenAICompletions
from gateway.dialects.openai_responses.codec import OpenAIResponses
from gateway.dialects.types import ClientDialect, Dialect, DialectName, UpstreamDialect

__all__ = ("CLIENT_DIALECTS", "UPSTREAM_DIALECTS")

_BOTH_WAYS: Mapping[DialectName, Dialect] = {
    DialectName.OPENAI_CHAT: OpenAIChat(),
    DialectName.OPENAI_RESPONSES: OpenAIResponses(),
    DialectName.OPENAI_COMPLETIONS: OpenAICompletions(),
    DialectName.ANTHROPIC: Anthropic(),
    DialectName.GEMINI: Gemini(),
}

CLIENT_DIALECTS: Mapping[DialectName, ClientDialect] = _BOTH_WAYS

UPSTREAM_DIALECTS: Mapping[DialectName, UpstreamDialect] = {
    **_BOTH_WAYS,
    DialectName.BEDROCK: BedrockConverse(),
    DialectName.COHERE: Cohere(),
}
