"""Guardrails that find words, patterns and personal data, and can mask what they find."""

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from functools import partial
from time import time_ns
from typing import Any, Final, TypeVar

import msgspec
from msgspec import structs

from config.settings.guardrails import GuardrailSettings
from gateway.asking import peek
from gateway.guardrails.errors import GuardrailBlocked, GuardrailUnavailable
from gateway.guardrails.streams import HeldStream, WatchedStream, rest_of
from gateway.guardrails.text import Place, places, tree_of
from gateway.guardrails.types import Stage, is_words, noted, spent, unseen, verdict
from gateway.guardrails.window import Window
from gateway.policies import Call, Verdict
from gateway.types import Opened
from tracing.detection.masking import find, masked
from tracing.detection.types import Detector, TextTooHard
from tracing.redaction import told

__all__ = ("DetectGuard",)


T = TypeVar("T")
LARGE: Final = 64 * 1024


class DetectGuard:
    """Implements ``gateway.guardrails.types.Guard``."""

    def __init__(self, settings: GuardrailSettings, detectors: Sequence[Detector]) -> None:
        self.settings = settings
        self._detectors = detectors

    async def request(self, call: Call, body: dict[str, Any]) -> AbstractSet[str]:
        """See ``Guard.request``. A request that is blocked is masked all the same, for its span."""
        began, counts = time_ns(), Counter[str]()
        replace = self.settings.action != "warn"
        changed = await _aside(len(call.inbound.body), partial(self._changed, call, body, counts, replace=replace))
        self._judge(call, "input", counts, began)
        return changed

    async def answer(self, call: Call, opened: Opened) -> Opened:
        """See ``Guard.answer``."""
        if opened.upstream.status >= 400:
            return opened
        if not is_words(opened):
            unseen(call, self.settings, "output", peek(opened))
            return opened
        if opened.first is None:
            return await _aside(len(opened.body), partial(self._whole, call, opened))
        if self.settings.stream == "hold":
            return await self._held(call, opened, opened.first)
        return await self._watched(call, opened, opened.first)

    def _whole(self, call: Call, opened: Opened) -> Opened:
        began, counts = time_ns(), Counter[str]()
        tree = tree_of(opened.body)
        replaced = [place for place in places(tree) if self._look(call, "output", place, counts, replace=self.settings.action == "mask")]
        self._judge(call, "output", counts, began, opened)
        return structs.replace(opened, body=msgspec.json.encode(tree)) if replaced else opened

    async def _held(self, call: Call, opened: Opened, first: bytes) -> Opened:
        began, stream = time_ns(), await rest_of(opened.upstream, first)
        window = Window(self._detectors, mask=self.settings.action == "mask")
        try:
            passed = window.feed(stream) + window.end()
        except TextTooHard as error:
            raise self._unclear(call, "output", error, began=began) from None
        self._judge(call, "output", window.counts, began, structs.replace(opened, first=stream))
        return structs.replace(opened, first=passed, upstream=HeldStream(opened.upstream))

    async def _watched(self, call: Call, opened: Opened, first: bytes) -> Opened:
        window = Window(self._detectors, mask=self.settings.action == "mask")
        call.watching.append(partial(self._seen, time_ns(), window.counts))
        look = partial(self._look_at_stream, call, opened, window.counts)
        unclear = partial(self._unclear, call, "output", began=time_ns())
        stream = WatchedStream(opened.upstream, first, window, look, unclear)
        return structs.replace(opened, first=await stream.next_chunk() or b"", upstream=stream)

    def _look_at_stream(self, call: Call, opened: Opened, counts: Mapping[str, int]) -> None:
        if counts and self.settings.action == "block":
            observation = opened.passage.read_stream()
            observation.feed(opened.first or b"")
            raise GuardrailBlocked(self._message("output", counts), spent(call, observation.observation()))

    def _seen(self, began: int, counts: Mapping[str, int]) -> Verdict:
        """The verdict on a stream, as far as it came."""
        return verdict(self.settings, "output", self._result(counts), began, told(counts))

    def _changed(self, call: Call, body: dict[str, Any], counts: Counter[str], *, replace: bool) -> AbstractSet[str]:
        return {str(place.channel[0]) for place in places(body) if self._look(call, "input", place, counts, replace=replace)}

    def _look(self, call: Call, stage: Stage, place: Place, counts: Counter[str], *, replace: bool) -> bool:
        """Count what is found in one place; whether something was replaced."""
        text = place.text
        try:
            findings = find(self._detectors, text)
        except TextTooHard as error:
            raise self._unclear(call, stage, error, began=time_ns()) from None
        counts.update(finding.kind for finding in findings)
        if findings and replace:
            place.put(masked(text, findings))
        return bool(findings) and replace

    def _judge(self, call: Call, stage: Stage, counts: Mapping[str, int], began: int, opened: Opened | None = None) -> None:
        noted(call, verdict(self.settings, stage, self._result(counts), began, told(counts)))
        if counts and self.settings.action == "block":
            raise GuardrailBlocked(self._message(stage, counts), None if opened is None else spent(call, peek(opened)))

    def _result(self, counts: Mapping[str, int]) -> Any:
        if not counts:
            return "passed"
        return {"block": "blocked", "mask": "masked", "warn": "warned"}[self.settings.action]

    def _message(self, stage: Stage, counts: Mapping[str, int]) -> str:
        what = "refused the request" if stage == "input" else "withheld the answer"
        return f"The guardrail {self.settings.name!r} {what}: it holds {told(counts)}."

    def _unclear(self, call: Call, stage: Stage, error: TextTooHard, *, began: int) -> GuardrailUnavailable:
        """A pattern that takes too long blocks, whatever ``on_error`` says: the pattern must be mended."""
        noted(call, verdict(self.settings, stage, "not_evaluated", began, error=str(error)))
        return GuardrailUnavailable(f"The guardrail {self.settings.name!r} could not be evaluated: {error}")


async def _aside(size: int, work: Callable[[], T]) -> T:
    """Look at a large text in a thread, so that no other request waits."""
    return work() if size < LARGE else await asyncio.to_thread(work)
