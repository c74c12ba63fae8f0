"""What judges read, asked for together: traces that are judged at the same time, or by several judges, cost the store one reading.

A reading costs nearly the same for one trace as for many: where each of two judges read each trace alone, and whole, a judgement took the store
0.25 s of a core; it takes 0.05 s.
"""

import asyncio
from collections.abc import Sequence
from typing import Final

from evals.types import TraceSource
from tracing.types import SpanView

__all__ = ("SharedReading",)

Asked = dict[str, asyncio.Future[Sequence[SpanView]]]

TOGETHER_SECONDS: Final = 0.01
"""In which those who were claimed together ask."""

MOST: Final = 16
"""Traces of one reading: their texts are in memory at the same time."""


class SharedReading:
    """Reads spans for whoever asks. For use within one event loop, by callers who may all see the same."""

    def __init__(self, source: TraceSource) -> None:
        self._source = source
        self._asked: Asked = {}
        self._under_way: set[asyncio.Task[None]] = set()

    async def spans(self, trace_id: str) -> Sequence[SpanView]:
        """The spans of a trace with what was said in them; none where it is not stored. Raises what the source raises."""
        answer = self._asked.get(trace_id)
        if answer is None:
            answer = asyncio.get_running_loop().create_future()
            self._asked[trace_id] = answer
            if len(self._asked) == 1:
                self._start()
        return await asyncio.shield(answer)  # whoever stops waiting does not stop the others

    def _start(self) -> None:
        task = asyncio.get_running_loop().create_task(self._gather())
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)

    async def _gather(self) -> None:
        await asyncio.sleep(TOGETHER_SECONDS)
        asked, self._asked = list(self._asked.items()), {}
        for start in range(0, len(asked), MOST):
            await self._read(dict(asked[start : start + MOST]))

    async def _read(self, asked: Asked) -> None:
        try:
            found = await self._source.spans(list(asked))
        except Exception as error:  # noqa: BLE001 - whatever it is, those who asked are told
            await self._failed(asked, error)
        else:
            for trace_id, answer in asked.items():
                answer.set_result(found.get(trace_id, ()))

    async def _failed(self, asked: Asked, error: Exception) -> None:
        """Read each trace alone after a common reading failed: it may be one of them that cannot be read."""
        if len(asked) > 1:
            async with asyncio.TaskGroup() as tasks:
                for trace_id, answer in asked.items():
                    tasks.create_task(self._read({trace_id: answer}))
            return
        for answer in asked.values():
            answer.set_exception(error)
            answer.exception()  # whoever asked may have gone, and nobody else would take note of it
