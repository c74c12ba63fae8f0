"""Vercel's AI SDK (scope ``ai``). Its outer spans repeat the usage of the calls inside them, so only the inner ones are model calls.

https://ai-sdk.dev/docs/ai-sdk-core/telemetry
"""

from collections.abc import Iterator, Mapping
from typing import Final

from tracing.conventions.readers import json_list, json_object, message, messages, provider, unwrapped
from tracing.conventions.rules import Fields, Rule, integer, milliseconds, read_rules, text, texts
from tracing.payload import encode, to_json
from tracing.reading import Reading
from tracing.types import Attribute, Span, SpanKind

__all__ = ("MARKERS", "NAME", "PAYLOADS", "PREFIXES", "read")

NAME: Final = "vercel_ai"
MARKERS: Final = frozenset({"ai"})

KINDS: Final = {
    "ai.generateText.doGenerate": SpanKind.LLM,
    "ai.streamText.doStream": SpanKind.LLM,
    "ai.generateObject.doGenerate": SpanKind.LLM,
    "ai.streamObject.doStream": SpanKind.LLM,
    "ai.embed.doEmbed": SpanKind.EMBEDDING,
    "ai.embedMany.doEmbed": SpanKind.EMBEDDING,
    "ai.rerank.doRerank": SpanKind.RERANKER,
    "ai.toolCall": SpanKind.TOOL,
    "ai.generateText": SpanKind.CHAIN,
    "ai.streamText": SpanKind.CHAIN,
    "ai.generateObject": SpanKind.CHAIN,
    "ai.streamObject": SpanKind.CHAIN,
    "ai.embed": SpanKind.CHAIN,
    "ai.embedMany": SpanKind.CHAIN,
    "ai.rerank": SpanKind.CHAIN,
}

_OF: Final = "ai.telemetry.metadata."
RULES: Final = (
    Rule("operation", text, ("ai.operationId",)),
    Rule("provider", provider, ("ai.model.provider",)),
    Rule("request_model", text, ("ai.model.id",)),
    Rule("response_model", text, ("ai.response.model",)),
    Rule("response_id", text, ("ai.response.id",)),
    Rule("finish_reasons", texts, ("ai.response.finishReason", "ai.finishReason", "gen_ai.finishReason")),
    Rule("ttft_ns", milliseconds, ("ai.response.msToFirstChunk", "ai.stream.msToFirstChunk")),
    Rule("input_tokens", integer, ("ai.usage.inputTokens", "ai.usage.promptTokens", "ai.usage.tokens")),
    Rule("output_tokens", integer, ("ai.usage.outputTokens", "ai.usage.completionTokens")),
    Rule("cache_read_tokens", integer, ("ai.usage.cachedInputTokens",)),
    Rule("reasoning_tokens", integer, ("ai.usage.reasoningTokens",)),
    Rule("session_id", text, (_OF + "sessionId",)),
    Rule("user_id", text, (_OF + "userId",)),
    Rule("tags", texts, (_OF + "tags",)),
    Rule("agent_name", text, ("ai.telemetry.functionId",)),
    Rule("tool_name", text, ("ai.toolCall.name",)),
    Rule("tool_call_id", text, ("ai.toolCall.id",)),
)

PAYLOADS: Final = frozenset(
    {
        "ai.prompt",
        "ai.prompt.messages",
        "ai.prompt.tools",
        "ai.response.text",
        "ai.response.object",
        "ai.response.toolCalls",
        "ai.result.text",
        "ai.result.object",
        "ai.result.toolCalls",
        "ai.toolCall.args",
        "ai.toolCall.result",
        "ai.value",
        "ai.values",
        "ai.embedding",
        "ai.embeddings",
    }
)
PREFIXES: Final = ()


def read(span: Span) -> Reading:
    """Older releases write ``ai.result.*`` for ``ai.response.*``. Embedding vectors are not kept."""
    given = span.attributes
    fields = read_rules(given, RULES)
    operation = str(fields.get("operation", ""))
    if kind := KINDS.get(operation):
        fields["kind"] = kind
    if "stream" in operation:
        fields["streaming"] = True
    fields |= _from_provider(json_object(given.get("ai.response.providerMetadata")), fields)
    said: Fields = {"input": _asked(given), "output": _answered(given), "tools": _tools(given)}
    fields |= {name: value for name, value in said.items() if value is not None}
    return Reading(**fields)  # type: ignore[arg-type]  # each rule reads its field's type: tests/tracing/test_conventions.py


def _asked(given: Mapping[str, Attribute]) -> str | None:
    keys = ("ai.prompt.messages", "ai.toolCall.args", "ai.prompt", "ai.value", "ai.values")
    found = next((payload for key in keys if (payload := to_json(given.get(key))) is not None), None)
    whole = unwrapped(found) if found else None
    return encode(whole["messages"]) if isinstance(whole, dict) and isinstance(whole.get("messages"), list) else found


def _answered(given: Mapping[str, Attribute]) -> str | None:
    if (result := to_json(given.get("ai.toolCall.result"))) is not None:
        return result
    parts = [part for name in ("response", "result") for part in _parts(given, f"ai.{name}")]
    return messages([message("assistant", parts)]) if parts else None


def _parts(given: Mapping[str, Attribute], prefix: str) -> Iterator[dict[str, object]]:
    if said := given.get(f"{prefix}.text"):
        yield {"type": "text", "content": said}
    if made := given.get(f"{prefix}.object"):
        yield {"type": "text", "content": made if isinstance(made, str) else encode(made)}
    for call in json_list(given.get(f"{prefix}.toolCalls")):
        if isinstance(call, dict):
            arguments = call.get("input", call.get("args"))
            yield {"type": "tool_call", "id": call.get("toolCallId"), "name": call.get("toolName", ""), "arguments": arguments}


def _tools(given: Mapping[str, Attribute]) -> str | None:
    found = [unwrapped(tool) if isinstance(tool, str) else tool for tool in json_list(given.get("ai.prompt.tools"))]
    return encode(found) if found else None


def _from_provider(metadata: Mapping[str, Attribute], known: Fields) -> Fields:
    """Cached and reasoned tokens, where the SDK leaves them to the provider's own figures. Anthropic's input leaves cached tokens out."""
    openai, anthropic, bedrock = (json_object(metadata.get(name)) for name in ("openai", "anthropic", "bedrock"))
    used, aws = json_object(anthropic.get("usage")), json_object(bedrock.get("usage"))
    candidates = {
        "cache_read_tokens": (openai.get("cachedPromptTokens"), used.get("cache_read_input_tokens"), aws.get("cacheReadInputTokens")),
        "cache_write_tokens": (
            used.get("cache_creation_input_tokens"),
            anthropic.get("cacheCreationInputTokens"),
            aws.get("cacheWriteInputTokens"),
        ),
        "reasoning_tokens": (openai.get("reasoningTokens"),),
    }
    found: Fields = {}
    for field, values in candidates.items():
        count = next((read for value in values if (read := integer(value)) is not None), None)
        if count is not None and field not in known:
            found[field] = count
    return found
