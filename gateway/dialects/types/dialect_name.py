"""The dialects by name."""

from enum import StrEnum

__all__ = ("DialectName",)


class DialectName(StrEnum):
    """The dialects that ask for a generation. The table of ``gateway.dialects`` has a codec for each."""

    OPENAI_CHAT = "openai-chat"
    OPENAI_RESPONSES = "openai-responses"
    OPENAI_COMPLETIONS = "openai-completions"
    ANTHROPIC = "anthropic"
    GEMINI = "gemini"
    BEDROCK = "bedrock-converse"
    COHERE = "cohere"
