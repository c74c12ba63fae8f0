"""Conversations and answers, drawn at random in the neutral form, and how to compare them where dialects differ in what is only form."""

import json

from hypothesis import strategies as st

from gateway.dialects.types import (
    Answer,
    Candidate,
    DialectName,
    Finish,
    Media,
    Message,
    Part,
    Reasoning,
    Request,
    Sampling,
    Text,
    Tokens,
    Tool,
    ToolCall,
    ToolResult,
)

CHAT, CLAUDE, GEMINI, RESPONSES = DialectName.OPENAI_CHAT, DialectName.ANTHROPIC, DialectName.GEMINI, DialectName.OPENAI_RESPONSES
SPOKEN = (CHAT, RESPONSES, CLAUDE, GEMINI)
PAIRS = [(client, target) for client in SPOKEN for target in SPOKEN]

words = st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), min_size=1, max_size=8).filter(
    lambda text: text.strip() == text
)
names = st.sampled_from(["weather", "get_time", "f-1"])
arguments = st.dictionaries(words, st.integers(-9, 9) | words | st.booleans() | st.lists(words, max_size=2), max_size=2).map(json.dumps)
calls = st.lists(st.builds(lambda name, args: (name, args), names, arguments), min_size=1, max_size=3)
pictures = st.sampled_from([Media(kind="image", media_type="image/png", data="aGk="), Media(kind="image", url="https://example.org/a.png")])
TOOLS = tuple(
    Tool(name=name, description="d", parameters={"type": "object", "properties": {"a": {"type": "string"}}})
    for name in ("weather", "get_time", "f-1")
)


def numbered(pairs: list[tuple[str, str]], turn: int = 0) -> tuple[ToolCall, ...]:
    return tuple(ToolCall(id=f"call_t{turn}n{number}", name=name, arguments=text) for number, (name, text) in enumerate(pairs))


@st.composite
def answers(draw: st.DrawFn) -> Answer:
    """One that any vendor may give: a thought, words, calls side by side."""
    parts: list[Part] = []
    if draw(st.booleans()):
        parts.append(Reasoning(text=draw(words), signature=draw(st.sampled_from([None, "c2lnbmVk"])), origin=CLAUDE))
    if draw(st.booleans()):
        parts.append(Text(draw(words)))
    found = draw(st.just([]) | calls)
    parts += numbered(found)
    finish = Finish.TOOL_CALLS if found else draw(st.sampled_from([Finish.STOP, Finish.LENGTH, Finish.CONTENT_FILTER]))
    few = st.none() | st.integers(0, 9)
    tokens = Tokens(input=draw(st.integers(0, 99)), cache_read=draw(few), output=draw(st.integers(0, 99)), reasoning=draw(few))
    return Answer(id="a1", model="m1", candidates=(Candidate(parts=tuple(parts), finish=finish),), tokens=tokens, created=1)


@st.composite
def requests(draw: st.DrawFn) -> Request:
    """A conversation with pictures, and with tools called side by side and answered."""
    messages: list[Message] = []
    for turn in range(draw(st.integers(1, 3))):
        messages.append(Message("user", (Text(draw(words)), *draw(st.lists(pictures, max_size=2)))))
        called = numbered(draw(st.just([]) | calls), turn)
        messages.append(Message("assistant", (Text(draw(words)), *called)))
        if called:
            messages.append(
                Message("tool", tuple(ToolResult(call_id=call.id, name=call.name, parts=(Text(draw(words)),)) for call in called))
            )
            messages.append(Message("assistant", (Text(draw(words)),)))
    messages.append(Message("user", (Text(draw(words)),)))
    return Request(
        model="m",
        system=(Text(draw(words)),),
        messages=tuple(messages),
        tools=TOOLS,
        sampling=Sampling(temperature=draw(st.sampled_from([None, 0.5, 1.0])), max_tokens=draw(st.integers(16, 9000))),
        stream=False,
    )


def said(answer: Answer) -> list:
    """What an answer says, without what is only form: identifiers that a dialect has none of, how JSON is spaced."""
    candidate = answer.candidates[0]
    return [
        *map(_part, candidate.parts),
        candidate.finish,
        None if answer.tokens is None else (answer.tokens.prompt, answer.tokens.completion),
    ]


def talked(request: Request) -> list:
    """What a conversation says: results belong to the calls that they answer, in the order in which they came."""
    order: dict[str, int] = {}
    for message in request.messages:
        for part in message.parts:
            if isinstance(part, ToolCall):
                order[part.id] = len(order)
    told: list[tuple[str, list]] = []
    for message in request.messages:
        parts = [("result", order[part.call_id], _texts(part)) if isinstance(part, ToolResult) else _part(part) for part in message.parts]
        if told and told[-1][0] == message.role == "tool":
            told[-1][1].extend(parts)  # some dialects have a message for each result
        else:
            told.append((message.role, parts))
    return [
        " ".join(text.text for text in request.system),
        told,
        [(tool.name, tool.description, tool.parameters) for tool in request.tools],
    ]


def _part(part: Part):
    match part:
        case Text(text):
            return ("text", text)
        case ToolCall():
            return ("call", part.name, json.loads(part.arguments))
        case Reasoning():
            return ("thought", part.text, part.signature, part.origin if part.signature else None)
        case Media():
            return ("picture", part.data, part.url)
        case _:
            return part


def _texts(result: ToolResult) -> str:
    return "".join(part.text or "" for part in result.parts)


def converse(answer: Answer) -> tuple[bytes, bytes]:
    """The answer as Bedrock's Converse gives it, whole and as the events of its stream."""
    candidate = answer.candidates[0]
    blocks: list[tuple[dict, list[dict]]] = []
    content: list[dict] = []
    for part in candidate.parts:
        match part:
            case Text(text):
                content.append({"text": text})
                blocks.append(({}, [{"text": letter} for letter in text]))
            case Reasoning():
                signed = {} if part.signature is None else {"signature": part.signature}
                content.append({"reasoningContent": {"reasoningText": {"text": part.text, **signed}}})
                told = [{"reasoningContent": {"text": part.text}}, *({"reasoningContent": {name: each}} for name, each in signed.items())]
                blocks.append(({}, told))
            case ToolCall():
                use = {"toolUseId": part.id, "name": part.name}
                content.append({"toolUse": {**use, "input": json.loads(part.arguments)}})
                blocks.append(({"start": {"toolUse": use}}, [{"toolUse": {"input": letter}} for letter in part.arguments]))
    reasons = {
        Finish.STOP: "end_turn",
        Finish.LENGTH: "max_tokens",
        Finish.TOOL_CALLS: "tool_use",
        Finish.CONTENT_FILTER: "content_filtered",
    }
    reason = reasons[candidate.finish or Finish.STOP]
    counted = {} if answer.tokens is None else {"inputTokens": answer.tokens.input, "outputTokens": answer.tokens.completion}
    if answer.tokens is not None and answer.tokens.cache_read is not None:
        counted["cacheReadInputTokens"] = answer.tokens.cache_read
    whole = {"output": {"message": {"role": "assistant", "content": content}}, "stopReason": reason, "usage": counted}
    events: list[tuple[str, dict]] = [("messageStart", {"role": "assistant"})]
    for index, (start, deltas) in enumerate(blocks):
        at = {"contentBlockIndex": index}
        events += [("contentBlockStart", {**at, **start})] if start else []
        events += [("contentBlockDelta", {**at, "delta": delta}) for delta in deltas]
        events.append(("contentBlockStop", at))
    events += [("messageStop", {"stopReason": reason}), ("metadata", {"usage": counted})]
    return json.dumps(whole).encode(), b"".join(f"event: {name}\ndata: {json.dumps(told)}\n\n".encode() for name, told in events)
