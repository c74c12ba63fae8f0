"""Read your writes: a read first waits until what this process took in before is stored."""

from collections.abc import Awaitable, Callable

from storage.errors import Unavailable
from tracing.errors import StoreUnavailable

__all__ = ("settled",)


async def settled(flush: Callable[[], Awaitable[None]]) -> None:
    """Wait for the journal to be stored. Raises ``StoreUnavailable`` when storage does not take it."""
    try:
        await flush()
    except (TimeoutError, Unavailable) as error:
        raise StoreUnavailable(
            "the telemetry database does not answer; what was received is kept in the journal",
            hint="look at /health for the reason; requests through the gateway go on meanwhile",
        ) from error
