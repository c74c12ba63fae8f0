"""Haystack's chat messages, and what its generators and pipelines give back (https://docs.haystack.deepset.ai/docs/chatmessage)."""

from tracing.shapes.parts import Item, call, result, text, thought, turn

__all__ = ("held", "turns")


def held(value: Item) -> object:
    """The replies of a generator, or of the last one in a pipeline; the prompt of a builder."""
    for answer in (value, *reversed([each for each in value.values() if isinstance(each, dict)])):
        if isinstance(replies := answer.get("replies"), list):
            return replies
    prompt = value.get("prompt")
    return prompt if isinstance(prompt, list) and all(isinstance(each, dict) and "meta" in each for each in prompt) and prompt else None


def turns(item: Item) -> list[Item] | None:
    """A message, whose pieces have their kind for a key."""
    content = item.get("content")
    if "meta" not in item or not isinstance(item.get("role"), str) or not isinstance(content, list):
        return None
    return [turn(item["role"], [_piece(piece) for piece in content if isinstance(piece, dict)])]


def _piece(piece: Item) -> Item:
    if "text" in piece:
        return text(piece["text"])
    if isinstance(asked := piece.get("tool_call"), dict):
        return call(asked.get("id"), asked.get("tool_name"), asked.get("arguments"))
    if isinstance(answer := piece.get("tool_call_result"), dict):
        origin = answer.get("origin")
        return result(origin.get("id") if isinstance(origin, dict) else None, answer.get("result"))
    if isinstance(reasoning := piece.get("reasoning"), dict):
        return thought(reasoning.get("reasoning_text"))
    kind = next(iter(piece), "piece")
    return {"type": kind, **(piece[kind] if isinstance(piece.get(kind), dict) else piece)}
