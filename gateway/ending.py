"""The one end of every request: its span is written, its route's rules and its policies learn what became of it."""

from gateway.admission import settled
from gateway.errors import GatewayError, Stopping
from gateway.policies import Outcome
from gateway.progress import Progress
from gateway.types import Observation, Operation, Usage

__all__ = ("End",)


class End:
    """The end of one request: exactly one of ``reached``, ``finished`` and ``left`` is called, once.

    Implements ``gateway.passing.Ending``.
    """

    __slots__ = ("_progress",)

    def __init__(self, progress: Progress) -> None:
        self._progress = progress

    def reached(self, status: int, observation: Observation | None = None, *, error: str | None = None, detail: str = "") -> Usage | None:
        """Finish the span and settle the policies.

        ``status`` is the HTTP status that the client gets, ``error`` the error code on the span. Returns the usage, ``None`` when nobody
        counted any.
        """
        progress = self._progress
        recording = progress.recording
        if progress.pursuit is not None:
            progress.pursuit.end(error, observation)
        if error is None and observation is not None and observation.response_id and _is_stored(progress):
            progress.snapshot.made.note(observation.response_id, progress.target)
        call = progress.call
        if call is None:
            return recording.finish(progress.inbound.body, observation, error=error, detail=detail)
        recording.note(call.attributes)
        if call.verdicts or call.watching:
            recording.verdicts = [*call.verdicts, *(watched() for watched in call.watching)]
        usage = recording.finish(progress.inbound.body, observation, error=error, detail=detail)
        outcome = Outcome(status=status, usage=usage, observation=observation, error=error, thrown_away=recording.thrown_away)
        settled(progress, call, outcome)
        return usage

    def finished(self, status: int, observation: Observation | None, error: GatewayError | None = None) -> None:
        """See ``gateway.passing.Ending``."""
        code, detail = (error.code, error.message) if error else (None, "")
        self.reached(status, observation, error=code, detail=detail)

    def left(self, observation: Observation | None, *, stopped: bool = False) -> None:
        """The client went away, or the server stops before the answer was whole."""
        progress = self._progress
        progress.recording.left(asking=observation is None and bool(progress.target.provider), client=not stopped)
        if stopped:
            self.reached(Stopping.status, observation, error=Stopping.code, detail="The server was stopped before the end of the answer.")
        else:
            self.reached(499, observation, error="client_disconnected", detail="The client went away before the end of the answer.")

    async def leave(self) -> None:
        """See ``gateway.passing.Ending``."""
        await self._progress.snapshot.leave()


def _is_stored(progress: Progress) -> bool:
    """Whether the client asked for its chat to be stored (``"store"``), so that it may be asked for again by its id."""
    return bool(progress.head.store) and progress.inbound.operation is Operation.CHAT
