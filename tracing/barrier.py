"""Read your writes: a read waits until everything that this process took in before is stored."""

from collections.abc import Awaitable, Callable

from storage.errors import Unavailable
from tracing.errors import StoreUnavailable

__all__ = ("settled",)


async def settled(flush: Callable[[], Awaitable[None]]) -> None:
    """Wait for the journal to be stored. Raises ``StoreUnavailable``, with the reason, when storage does not take it in time."""
    try:
        await flush()
    except (TimeoutError, Unavailable) as error:
        raise StoreUnavailable(
            f"{str(error) or 'the telemetry database does not answer'}; what was received is kept in the journal",
            hint="try again in a moment; /health and /metrics tell what waits, and requests through the gateway go on meanwhile",
        ) from error
