"""Asking one judge about one trace: the question, and at most one remedy of each kind for a reply that is no verdict."""

import asyncio

import msgspec

from evals.errors import JudgeTimeout, VerdictError
from evals.prompt import Message, repair
from evals.types import Judge, JudgeCall, JudgeCaller, JudgeReply, Verdict
from evals.verdict import parse, schema

__all__ = ("LARGER", "Conversation")

LARGER = 4
"""How many times more tokens are allowed after a reply that was cut off."""


class Conversation:
    """What was asked and replied in one attempt. ``replies`` are kept even if a later question fails: they cost money."""

    def __init__(self, caller: JudgeCaller, judge: Judge, trace_id: str, messages: list[Message]) -> None:
        """Begin with ``messages``; nothing is sent yet."""
        self._caller = caller
        self._judge = judge
        self._messages = messages
        self._call = _call(judge, trace_id, messages)
        self.replies: list[JudgeReply] = []
        self.notes: list[str] = []

    async def verdict(self) -> Verdict:
        """Ask until there is a verdict or no remedy is left.

        Raises ``VerdictError`` when the replies are no verdicts, and ``JudgeUnavailable`` when there is no reply.
        """
        remedies = {"length", "repair"}
        while True:
            reply = await self._ask()
            try:
                return parse(reply.text, self._judge.result)
            except VerdictError as error:
                remedy = "length" if reply.finish_reason == "length" else "repair"
                if remedy not in remedies:
                    raise VerdictError(self._story(error, reply)) from None
                remedies.remove(remedy)
                self._apply(remedy, error)

    async def _ask(self) -> JudgeReply:
        try:
            async with asyncio.timeout(self._call.timeout):
                reply = await self._caller.ask(self._call)
        except TimeoutError:
            raise JudgeTimeout(f"no reply within {self._call.timeout:g} s") from None
        self.replies.append(reply)
        return reply

    def _apply(self, remedy: str, error: VerdictError) -> None:
        if remedy == "length":
            larger = self._call.max_tokens * LARGER
            self.notes.append(f"a reply was cut off at {self._call.max_tokens} tokens; asked again with {larger}")
            self._call = msgspec.structs.replace(self._call, max_tokens=larger)
        else:
            self.notes.append(f"a reply was no verdict ({error.reason}); asked again")
            self._call = msgspec.structs.replace(self._call, messages=repair(self._judge, self._messages, error.reason))

    def _story(self, error: VerdictError, reply: JudgeReply) -> str:
        cut = f", cut off at {self._call.max_tokens} tokens" if reply.finish_reason == "length" else ""
        return "; ".join([*self.notes, f"{error.reason}{cut}"])


def _call(judge: Judge, trace_id: str, messages: list[Message]) -> JudgeCall:
    return JudgeCall(
        judge_name=judge.name,
        judge_version=judge.version,
        model=judge.model,
        messages=messages,
        response_schema=schema(judge.result),
        max_tokens=judge.max_tokens,
        timeout=judge.timeout,
        judged_trace_id=trace_id,
    )
