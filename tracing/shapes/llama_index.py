"""LlamaIndex: messages of blocks, and what its agents pass on (https://developers.llamaindex.ai/python/framework-api-reference/llms/)."""

from typing import Final

from tracing.shapes.parts import Item, call, result, text, thought, turn

__all__ = ("held", "turns")

_HOLDERS: Final = ("response", "result")


def held(value: Item) -> object:
    """The message of an agent's answer."""
    found = next((value[key] for key in _HOLDERS if isinstance(value.get(key), dict)), None)
    return found if found is not None and ("blocks" in found or "response" in found) else None


def turns(item: Item) -> list[Item] | None:
    """A message of blocks; one that answers for a tool names the call beside them."""
    blocks = item.get("blocks")
    if not isinstance(item.get("role"), str) or not isinstance(blocks, list) or not all(isinstance(block, dict) for block in blocks):
        return None
    parts = [_block(block) for block in blocks]
    more = item.get("additional_kwargs")
    if item["role"] == "tool" and isinstance(more, dict) and more.get("tool_call_id"):
        return [turn("tool", [result(more["tool_call_id"], "\n".join(str(part.get("content", "")) for part in parts))])]
    return [turn(item["role"], parts)]


def _block(block: Item) -> Item:
    kind = str(block.get("block_type", "block"))
    if kind == "text":
        return text(block.get("text"))
    if kind == "thinking":
        return thought(block.get("content"))
    if kind == "tool_call":
        return call(block.get("tool_call_id"), block.get("tool_name"), block.get("tool_kwargs"))
    return {"type": kind, **block}
