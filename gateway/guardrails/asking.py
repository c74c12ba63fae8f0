"""Guardrails that have a text judged as a whole: by a model, a moderation endpoint, or a JSON Schema."""

import asyncio
from collections.abc import Set as AbstractSet
from time import time_ns
from typing import Any

from msgspec import structs

from config.settings.guardrails import GuardrailSettings
from gateway.guardrails.errors import GuardrailBlocked, GuardrailUnavailable
from gateway.guardrails.streams import HeldStream, rest_of
from gateway.guardrails.text import newest, said
from gateway.guardrails.types import Evaluate, NotEvaluated, Stage, is_words, noted, spent, unseen, verdict, words_of
from gateway.policies import Call
from gateway.types import Observation, Opened

__all__ = ("AskingGuard",)


class AskingGuard:
    """Implements ``gateway.guardrails.types.Guard``."""

    def __init__(self, settings: GuardrailSettings, evaluate: Evaluate) -> None:
        self.settings = settings
        self._evaluate = evaluate

    async def request(self, call: Call, body: dict[str, Any]) -> AbstractSet[str]:
        """See ``Guard.request``. What an earlier request brought was judged then: the messages since the last answer are looked at."""
        await self._judge(call, "input", said(newest(body)), None)
        return frozenset()

    async def answer(self, call: Call, opened: Opened) -> Opened:
        """See ``Guard.answer``. Nothing of a stream goes out before all of it was judged."""
        if opened.upstream.status >= 400:
            return opened
        if not is_words(opened):
            unseen(call, self.settings, "output", Observation())
            return opened
        if opened.first is None:
            observation = opened.passage.read_answer(opened.body)
            await self._judge(call, "output", words_of(observation), observation)
            return opened
        stream = await rest_of(opened.upstream, opened.first)
        reader = opened.passage.read_stream()
        reader.feed(stream)
        observation = reader.observation()
        await self._judge(call, "output", words_of(observation), observation)
        return structs.replace(opened, first=stream, upstream=HeldStream(opened.upstream))

    async def _judge(self, call: Call, stage: Stage, text: str, observation: Observation | None) -> None:
        began = time_ns()
        used = None if observation is None else spent(call, observation)
        try:
            async with asyncio.timeout(self.settings.timeout):
                wrong = await self._evaluate(text, call) if text else ""
        except (NotEvaluated, TimeoutError) as error:
            self._unclear(call, stage, str(error) or f"no answer within {self.settings.timeout:g} s", began, used)
            return
        if not wrong:
            noted(call, verdict(self.settings, stage, "passed", began))
            return
        blocks = self.settings.action == "block"
        noted(call, verdict(self.settings, stage, "blocked" if blocks else "warned", began, wrong))
        if blocks:
            what = "refused the request" if stage == "input" else "withheld the answer"
            raise GuardrailBlocked(f"The guardrail {self.settings.name!r} {what}: {wrong}.", used)

    def _unclear(self, call: Call, stage: Stage, reason: str, began: int, used: Observation | None) -> None:
        noted(call, verdict(self.settings, stage, "not_evaluated", began, error=reason))
        if self.settings.on_error == "block":
            raise GuardrailUnavailable(f"The guardrail {self.settings.name!r} could not be evaluated: {reason}.", used)
