"""The shapes in which libraries write messages, each read into that of OpenTelemetry's GenAI conventions. Pure.

    decoded payload ─▶ conversation ─▶ [{"role", "parts": [{"type", …}]}], or the payload as it is

A library traced from inside records its own objects: what it was called with, and what it gave back. One file knows one
library: ``held`` finds the messages in such an object, ``turns`` reads one of them. ``tracing.shapes.table`` lists them.
"""

from tracing.shapes.table import SHAPES, Shape, conversation

__all__ = ("SHAPES", "Shape", "conversation")
