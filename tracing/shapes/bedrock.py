"""Bedrock's Converse, whose blocks have their type for a key, and Strands, which speaks it (https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html)."""

from typing import Final

from tracing.shapes.parts import Item, call, result, text, thought, turn

__all__ = ("held", "turns")

_BLOCKS: Final = frozenset({"text", "toolUse", "toolResult", "reasoningContent"})


def held(value: Item) -> object:
    """The messages behind the system prompt of a request; the message of an answer."""
    output = value.get("output")
    if isinstance(output, dict) and isinstance(output.get("message"), dict):
        return [output["message"]]
    system, messages = value.get("system"), value.get("messages")
    if isinstance(messages, list) and isinstance(system, list) and all(isinstance(each, dict) and "type" not in each for each in system):
        return [{"role": "system", "content": system}, *messages] if system else messages
    return None


def turns(item: Item) -> list[Item] | None:
    """A message of blocks without a type, or such a block alone, of which nobody knows who said it."""
    if len(item) == 1 and not _BLOCKS.isdisjoint(item):
        return [turn("", [_block(item)])]
    content = item.get("content")
    if not isinstance(item.get("role"), str) or not isinstance(content, list) or not all(isinstance(block, dict) for block in content):
        return None
    return [turn(item["role"], [_block(block) for block in content])]


def _block(block: Item) -> Item:
    if "text" in block and "type" not in block:
        return text(block["text"])
    if isinstance(asked := block.get("toolUse"), dict):
        return call(asked.get("toolUseId"), asked.get("name"), asked.get("input"))
    if isinstance(answer := block.get("toolResult"), dict):
        return result(answer.get("toolUseId"), _answer(answer.get("content")))
    if isinstance(reasoning := block.get("reasoningContent"), dict):
        told = reasoning.get("reasoningText")
        return thought(told.get("text", "") if isinstance(told, dict) else "")
    kind = next(iter(block), "block")
    return block if "type" in block else {"type": kind, **(block[kind] if isinstance(block.get(kind), dict) else block)}


def _answer(content: object) -> object:
    """What a tool answered: its text where that is all of it."""
    if isinstance(content, list) and content and all(isinstance(each, dict) and isinstance(each.get("text"), str) for each in content):
        return "\n".join(each["text"] for each in content)
    return content
