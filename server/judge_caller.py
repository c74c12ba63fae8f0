"""The gateway as judges see it: a chat completion inside this process, marked as a judge's, on the same path as any other."""

import asyncio
import time
from typing import Any

import msgspec

from evals.errors import JudgeTimeout, JudgeUnavailable
from evals.types import JudgeCall, JudgeReply
from gateway.service import Gateway
from gateway.types import Answer, Headers, Origin
from tracing.prices import price
from tracing.types import Usage

__all__ = ("GatewayJudgeCaller",)


class _Message(msgspec.Struct):
    content: str | None = None


class _Choice(msgspec.Struct):
    message: _Message
    finish_reason: str | None = None


class _Completion(msgspec.Struct):
    choices: list[_Choice]


_COMPLETION = msgspec.json.Decoder(_Completion)


class GatewayJudgeCaller:
    """Implements ``evals.types.JudgeCaller``."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway

    async def ask(self, call: JudgeCall) -> JudgeReply:
        """Send one request. Raises ``JudgeTimeout`` at the call's limit, ``JudgeUnavailable`` on any answer that is not a completion."""
        origin = Origin(judge_name=call.judge_name, judge_version=call.judge_version, judged_trace_id=call.judged_trace_id)
        try:
            async with asyncio.timeout(call.timeout):
                answer = await self._gateway.complete(msgspec.json.encode(_request(call)), origin)
        except TimeoutError:
            raise JudgeTimeout(f"{call.model} gave no answer within {call.timeout:g} s") from None
        if answer.status != 200:
            raise _unavailable(call.model, answer)
        return _reply(call.model, answer)


def _request(call: JudgeCall) -> dict[str, Any]:
    schema = {"name": "verdict", "strict": True, "schema": call.response_schema}
    return {
        "model": call.model,
        "messages": call.messages,
        "response_format": {"type": "json_schema", "json_schema": schema},
        "max_tokens": call.max_tokens,
        "temperature": 0,
    }


def _unavailable(model: str, answer: Answer) -> JudgeUnavailable:
    # A status of 4xx will be the same next time, but for the three that speak of the moment.
    retryable = answer.status >= 500 or answer.status in {408, 409, 429}
    return JudgeUnavailable(
        f"{model} answered {answer.status} (trace {answer.trace_id})", retryable=retryable, retry_after=_retry_after(answer.headers)
    )


def _retry_after(headers: Headers) -> float | None:
    value = dict(headers).get(b"retry-after", b"").decode("latin-1")
    try:
        return max(0.0, float(value))
    except ValueError:
        return None


def _reply(model: str, answer: Answer) -> JudgeReply:
    try:
        choice = _COMPLETION.decode(answer.body).choices[0]
    except (msgspec.MsgspecError, IndexError):
        raise JudgeUnavailable(f"{model} answered 200 with something that is no completion (trace {answer.trace_id})") from None
    usage = answer.usage
    provider, _, target = answer.target.partition("/")
    known = (
        Usage(input_tokens=usage.input_tokens, output_tokens=usage.output_tokens, cache_read_tokens=usage.cache_read_tokens)
        if usage
        else Usage()
    )
    return JudgeReply(
        text=choice.message.content or "",
        finish_reason=choice.finish_reason or "",
        trace_id=answer.trace_id,
        input_tokens=known.input_tokens,
        output_tokens=known.output_tokens,
        cost=price(provider, target, known, time.time_ns()).total,
    )
