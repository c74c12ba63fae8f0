"""What policies do with a request: before it is sent, with its answer, and at its end."""

from gateway.policies import Answered, Call, Outcome
from gateway.progress import Progress
from gateway.types import Opened, Plan

__all__ = ("admitted", "reviewed", "settled")


async def admitted(progress: Progress, plan: Plan) -> Answered | None:
    """Ask every policy. Returns the answer that a policy has already, ``None`` when the request must be sent.

    Every policy that lets the request pass is told of its end later (``settled``). Raises the ``GatewayError`` of a policy that refuses.
    """
    call = progress.call = Call(
        inbound=progress.inbound,
        head=progress.head,
        plan=plan,
        providers=progress.snapshot.providers,
        edits=progress.edits,
        traceparent=progress.recording.traceparent,
    )
    try:
        for policy in progress.snapshot.policies:
            if (waiting := policy.admit(call)) is not None:
                await waiting
            progress.admitting.append(policy)
    finally:
        if call.rewritten is not None:
            progress.rewrite(call.rewritten)
    return call.answer


async def reviewed(progress: Progress, opened: Opened) -> Opened:
    """The answer as the policies let it out. Raises ``GatewayError`` for one that is withheld; then its upstream is closed."""
    call = progress.call
    if call is None or not call.reviews:
        return opened
    try:
        for review in call.reviews:
            opened = await review(call, opened)
    except BaseException:
        await opened.upstream.close()
        raise
    return opened


def settled(progress: Progress, call: Call, outcome: Outcome) -> None:
    """Tell the policies that admitted the request how it ended, the last one first."""
    for policy in reversed(progress.admitting):
        policy.settle(call, outcome)
