"""Work in threads that holds on to descriptors: whoever waits for it, cancelled or not, waits until it has let go of them."""

import asyncio
from collections.abc import Callable
from concurrent.futures import Executor
from contextlib import suppress
from typing import TypeVar, TypeVarTuple

__all__ = ("in_thread",)

T = TypeVar("T")
Given = TypeVarTuple("Given")


async def in_thread(work: Callable[[*Given], T], *given: *Given, threads: Executor | None = None) -> T:
    """Run ``work`` in one of ``threads`` (the loop's own without them). A cancellation is raised here when the work has ended.

    Were it raised at once, as ``asyncio.to_thread`` does, the caller could close a file that is still being written, and the system
    give its number to another.
    """
    job = asyncio.get_running_loop().run_in_executor(threads, work, *given)
    try:
        return await asyncio.shield(job)
    except asyncio.CancelledError:
        while not job.done():
            with suppress(asyncio.CancelledError):
                await asyncio.wait([job])
        if not job.cancelled():
            job.exception()  # looked at, or the loop complains that nobody did
        raise
