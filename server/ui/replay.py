"""The request of a gateway's span as text that sends it again: curl, and Python with OpenAI's client. Pure.

It is written in OpenAI's dialect, which reaches every target, from what the span keeps: the parameters that it does not keep are not in it, and
no key ever is.
"""

import shlex
from collections.abc import Iterable, Mapping, Sequence
from pprint import pformat
from typing import Any, Final

import msgspec

from server.ui.format import file_size
from tracing.types import SpanContent, SpanView

__all__ = ("Replay", "of_gateway", "replay")

LONGEST: Final = 100_000
"""Characters of a body beyond which a shell takes it as no argument (Linux: 128 KB)."""

_PATHS: Final = {"chat": "/v1/chat/completions", "embeddings": "/v1/embeddings", "text_completion": "/v1/completions"}
_CALLS: Final = {"chat": "chat.completions", "embeddings": "embeddings", "text_completion": "completions"}
_FIELDS: Final = {"embeddings": "input", "text_completion": "prompt"}
_PARAMETERS: Final = {"temperature": float, "top_p": float, "max_tokens": int}
_AS_THEY_CAME: Final = frozenset({"input_audio", "file"})
"""Parts that a span keeps in the client's own form."""


class Replay(msgspec.Struct, frozen=True, kw_only=True):
    """``notes``: what is not as it was. Both texts are empty where nothing was kept to be sent."""

    curl: str = ""
    python: str = ""
    notes: Sequence[str] = ()


def of_gateway(span: SpanView) -> bool:
    """Whether a span is a request that the gateway's paths take again."""
    return span.source == "gateway" and span.operation in _PATHS


def replay(span: SpanView, content: SpanContent, address: str) -> Replay:
    """The request of a span that is ``of_gateway``, to the server at ``address``."""
    if (kept := span.attributes.get("tidegate.content")) in {"hash", "none"}:
        return Replay(notes=[f"What was said is not kept (content: {kept}), so there is nothing to send again."])
    if not content.input and not content.system:
        return Replay(notes=["This span recorded no content, so there is nothing to send again."])
    if content.truncated:
        return Replay(notes=["This content was cut when it was stored, so it cannot be sent again as it was."])
    body, left_out = _body(span, content)
    if body is None:
        return Replay(notes=["What was recorded is in no form that could be sent again."])
    curl, too_long = _curl(span.operation, body, address)
    notes = [*_notes(span, left_out), *too_long, "Parameters besides these are not recorded, such as response_format and seed."]
    return Replay(curl=curl, python=_python(span.operation, body, address), notes=notes)


def _notes(span: SpanView, left_out: int) -> Iterable[str]:
    if left_out:
        yield f"{left_out} part{'s' if left_out != 1 else ''} that no request can hold (reasoning, files that are elsewhere) left out."
    if redacted := span.attributes.get("tidegate.redacted"):
        yield f"Replaced before it was stored, and so here: {redacted}."
    if span.prompt_name:
        yield f"The prompt {span.prompt_name} v{span.prompt_version} is filled in already, so the model is named in its place."


def _body(span: SpanView, content: SpanContent) -> tuple[dict[str, Any] | None, int]:
    """The request, and how many parts are not in it; ``None`` when nothing is understood."""
    body: dict[str, Any] = {"model": _model(span)}
    left_out = 0
    if field := _FIELDS.get(span.operation):
        body[field] = _decoded(content.input) or content.input
    else:
        messages, left_out = _messages(content)
        if not messages:
            return None, left_out
        body["messages"] = messages
        if isinstance(tools := _decoded(content.tools), list) and tools:
            body["tools"] = tools
    return body | _parameters(span), left_out


def _model(span: SpanView) -> str:
    """The name that the client said, which may be a route's; of a prompt, which is filled in already, the target."""
    asked = span.name.removeprefix(f"{span.operation} ")
    target = str(span.attributes.get("tidegate.target", ""))
    return target or span.request_model if span.prompt_name or not asked else asked


def _parameters(span: SpanView) -> dict[str, Any]:
    told: dict[str, Any] = {"stream": True} if span.is_streaming else {}
    for name, kind in _PARAMETERS.items():
        if (given := span.attributes.get(f"gen_ai.request.{name}")) is not None:
            told[name] = kind(float(given))
    return told


def _messages(content: SpanContent) -> tuple[list[dict[str, Any]], int]:
    system, said = _decoded(content.system), _decoded(content.input)
    told, left_out = [], 0
    lead = [{"role": "system", "parts": system}] if isinstance(system, list) and system else []
    for each in [*lead, *(said if isinstance(said, list) else [])]:
        parts = each.get("parts") if isinstance(each, dict) else None
        if isinstance(parts, list):
            found, without = _of_parts(str(each.get("role", "user")), [part for part in parts if isinstance(part, dict)])
            told += found
            left_out += without
    return told, left_out


def _of_parts(role: str, parts: Sequence[Mapping[str, Any]]) -> tuple[list[dict[str, Any]], int]:
    """The messages that a recorded one was; results of tools are messages of their own."""
    results = [
        {"role": "tool", "tool_call_id": part.get("id", ""), "content": _text(part.get("response"))}
        for part in parts
        if part.get("type") == "tool_call_response"
    ]
    calls = [
        {
            "id": part.get("id", ""),
            "type": "function",
            "function": {"name": part.get("name", ""), "arguments": _text(part.get("arguments"))},
        }
        for part in parts
        if part.get("type") == "tool_call"
    ]
    said = [found for part in parts if (found := _said(part)) is not None]
    left_out = len(parts) - len(results) - len(calls) - len(said)
    if not said and not calls:
        return results, left_out
    texts = [part["text"] for part in said if part["type"] == "text"]
    whole: Any = texts[0] if len(said) == len(texts) == 1 else said or None
    return [*results, {"role": role, "content": whole, **({"tool_calls": calls} if calls else {})}], left_out


def _said(part: Mapping[str, Any]) -> dict[str, Any] | None:
    """A part in OpenAI's form; ``None`` for one that has none there."""
    kind, image = part.get("type"), part.get("modality") == "image"
    if kind in {"text", "refusal"}:
        return {"type": "text", "text": _text(part.get("content"))}
    if kind == "uri" and image:
        return {"type": "image_url", "image_url": {"url": part.get("uri", "")}}
    if kind == "blob" and image:
        return {"type": "image_url", "image_url": {"url": f"data:{part.get('mime_type')};base64,{part.get('content')}"}}
    return dict(part) if kind in _AS_THEY_CAME and "modality" not in part else None


def _text(value: Any) -> str:
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()


def _decoded(text: str) -> Any:
    try:
        return msgspec.json.decode(text) if text else None
    except msgspec.DecodeError:
        return None


def _curl(operation: str, body: Mapping[str, Any], address: str) -> tuple[str, list[str]]:
    """The command; none, and why, where a shell would refuse it."""
    written = msgspec.json.format(msgspec.json.encode(body), indent=2).decode()
    if len(written) > LONGEST:
        return "", [f"The request is {file_size(len(written))}, longer than a shell takes: send it from Python."]
    lines = (
        f"curl {shlex.quote(address + _PATHS[operation])}",
        '-H "authorization: Bearer $TIDEGATE_API_KEY"',
        "-H 'content-type: application/json'",
        f"{'-N ' if body.get('stream') else ''}-d {shlex.quote(written)}",
    )
    return " \\\n  ".join(lines), []


def _python(operation: str, body: Mapping[str, Any], address: str) -> str:
    call = f"client.{_CALLS[operation]}.create(**request)"
    end = f"for chunk in {call}:\n    print(chunk)" if body.get("stream") else f"print({call})"
    return (
        "import os\n\nfrom openai import OpenAI\n\n"
        f'client = OpenAI(base_url={address + "/v1"!r}, api_key=os.environ.get("TIDEGATE_API_KEY", "unused"))\n'
        f"request = {pformat(dict(body), width=100, sort_dicts=False)}\n{end}"
    )
