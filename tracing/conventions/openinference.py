"""OpenInference: what Arize's instrumentations write. Lists are flattened into indexed keys.

https://github.com/Arize-ai/openinference/blob/main/spec/semantic_conventions.md
"""

from collections.abc import Iterator, Mapping
from typing import Final

from tracing.conventions.indexed import objects, rebuild
from tracing.conventions.readers import json_object, message, messages, provider
from tracing.conventions.rules import Fields, Rule, integer, money, read_rules, text, texts
from tracing.payload import encode, to_json
from tracing.reading import Reading
from tracing.types import Attribute, Span, SpanKind

__all__ = ("MARKERS", "NAME", "PAYLOADS", "PREFIXES", "read")

NAME: Final = "openinference"
MARKERS: Final = frozenset({"openinference", "llm", "embedding", "retrieval", "reranker", "input", "output"})

KINDS: Final = {
    "LLM": SpanKind.LLM,
    "EMBEDDING": SpanKind.EMBEDDING,
    "TOOL": SpanKind.TOOL,
    "AGENT": SpanKind.AGENT,
    "CHAIN": SpanKind.CHAIN,
    "PROMPT": SpanKind.CHAIN,
    "RETRIEVER": SpanKind.RETRIEVER,
    "RERANKER": SpanKind.RERANKER,
    "GUARDRAIL": SpanKind.GUARDRAIL,
    "EVALUATOR": SpanKind.EVALUATOR,
}

RULES: Final = (
    Rule("provider", provider, ("llm.provider", "llm.system")),
    Rule("request_model", text, ("llm.request.model_name", "llm.model_name", "embedding.model_name", "reranker.model_name")),
    Rule("response_model", text, ("llm.response.model_name", "llm.output_model_name")),
    Rule("finish_reasons", texts, ("llm.finish_reason",)),
    Rule("input_tokens", integer, ("llm.token_count.prompt",)),
    Rule("output_tokens", integer, ("llm.token_count.completion",)),
    Rule("cache_read_tokens", integer, ("llm.token_count.prompt_details.cache_read", "llm.token_count.prompt_details.cache_input")),
    Rule("cache_write_tokens", integer, ("llm.token_count.prompt_details.cache_write",)),
    Rule("reasoning_tokens", integer, ("llm.token_count.completion_details.reasoning",)),
    Rule("cost_input", money, ("llm.cost.prompt",)),
    Rule("cost_output", money, ("llm.cost.completion",)),
    Rule("cost_total", money, ("llm.cost.total",)),
    Rule("session_id", text, ("session.id",)),
    Rule("user_id", text, ("user.id",)),
    Rule("tags", texts, ("tag.tags",)),
    Rule("agent_name", text, ("agent.name",)),
    Rule("tool_name", text, ("tool.name",)),
    Rule("tool_call_id", text, ("tool_call.id", "tool.id")),
    Rule("prompt_name", text, ("prompt.id",)),
    Rule("prompt_version", text, ("llm.prompt_template.version",)),
)

PAYLOADS: Final = frozenset({"input.value", "output.value", "tool.parameters"})
PREFIXES: Final = (
    "llm.input_messages.",
    "llm.output_messages.",
    "llm.prompts.",
    "llm.choices.",
    "llm.tools.",
    "retrieval.documents.",
    "reranker.input_documents.",
    "reranker.output_documents.",
    "embedding.embeddings.",
)


def read(span: Span) -> Reading:
    """Messages come before the generic ``input.value``, which repeats the whole request."""
    given = span.attributes
    fields = read_rules(given, RULES)
    if kind := KINDS.get(str(given.get("openinference.span.kind", "")).upper()):
        fields["kind"] = kind
    said: Fields = {
        "input": _messages(given, "llm.input_messages") or _texts(given, "llm.prompts", "prompt", "text") or _asked(given),
        "output": _messages(given, "llm.output_messages") or _texts(given, "llm.choices", "completion", "text") or _answered(given),
        "tools": _tools(given),
    }
    fields |= {name: value for name, value in said.items() if value is not None}
    return Reading(**fields)  # type: ignore[arg-type]  # each rule reads its field's type: tests/tracing/test_conventions.py


def _asked(given: Mapping[str, Attribute]) -> str | None:
    if texts_to_embed := _texts(given, "embedding.embeddings", "embedding", "text"):
        return texts_to_embed
    return to_json(given.get("input.value")) or to_json(given.get("tool.parameters"))


def _answered(given: Mapping[str, Attribute]) -> str | None:
    for prefix in ("reranker.output_documents", "retrieval.documents"):
        if found := [each.get("document", each) for each in objects(rebuild(given, prefix))]:
            return encode(found)
    return to_json(given.get("output.value"))


def _messages(given: Mapping[str, Attribute], prefix: str) -> str | None:
    found = [inner for each in objects(rebuild(given, prefix)) if isinstance(inner := each.get("message"), dict)]
    return messages([message(each.get("role"), _parts(each)) for each in found])


def _parts(said: Mapping[str, object]) -> Iterator[dict[str, object]]:
    content = said.get("content")
    if "tool_call_id" in said:
        yield {"type": "tool_call_response", "id": said["tool_call_id"], "response": content}
    elif content:
        yield {"type": "text", "content": content}
    for each in objects(said.get("contents")):
        if isinstance(part := each.get("message_content"), dict):
            yield _part(part)
    for each in objects(said.get("tool_calls")):
        if isinstance(call := each.get("tool_call"), dict):
            yield _call(call)


def _part(part: Mapping[str, object]) -> dict[str, object]:
    image = part.get("image")
    if isinstance(image, dict) and isinstance(inner := image.get("image"), dict):
        return {"type": "uri", "modality": "image", "uri": inner.get("url", "")}
    return {"type": "reasoning" if part.get("type") == "reasoning" else "text", "content": part.get("text", "")}


def _call(call: Mapping[str, object]) -> dict[str, object]:
    function = call.get("function")
    named = function if isinstance(function, dict) else {}
    return {"type": "tool_call", "id": call.get("id"), "name": named.get("name", ""), "arguments": named.get("arguments", "")}


def _texts(given: Mapping[str, Attribute], prefix: str, group: str, leaf: str) -> str | None:
    """A list of texts, each wrapped in an object of its own; vectors beside them are not kept."""
    wrapped = [each.get(group) for each in objects(rebuild(given, prefix))]
    found = [each.get(leaf) for each in wrapped if isinstance(each, dict) and isinstance(each.get(leaf), str)]
    return None if not found else encode(found[0] if len(found) == 1 else found)


def _tools(given: Mapping[str, Attribute]) -> str | None:
    found = [json_object(_schema(each)) for each in objects(rebuild(given, "llm.tools"))]
    return encode(found) if any(found) else None


def _schema(tool: Mapping[str, object]) -> str | None:
    inner = tool.get("tool")
    schema = inner.get("json_schema") if isinstance(inner, dict) else None
    return schema if isinstance(schema, str) else None
