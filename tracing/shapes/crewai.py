"""CrewAI: what a crew and a task give back, which has the prompts in it that led there (https://docs.crewai.com/en/concepts/tasks)."""

from typing import Final

from tracing.shapes.parts import Item, text, turn

__all__ = ("held", "turns")

_OUTPUTS: Final = ("tasks_output", "expected_output")


def held(value: Item) -> object:
    """The words of an output."""
    raw = value.get("raw")
    return [turn("assistant", [text(raw)])] if isinstance(raw, str) and any(key in value for key in _OUTPUTS) else None


def turns(item: Item) -> list[Item] | None:
    """None: its messages are OpenAI's."""
    return None
