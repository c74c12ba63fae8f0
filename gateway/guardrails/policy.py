"""Guardrails of a configuration, applied to requests before they are sent and to answers before they go out."""

from collections.abc import Mapping, Sequence

import msgspec

from gateway.guardrails.errors import StreamRefused
from gateway.guardrails.text import object_of
from gateway.guardrails.tokens import Unreadable, read_tokens, token_members
from gateway.guardrails.types import Guard, unseen
from gateway.policies import Call, Outcome
from gateway.wire.patch import patch

__all__ = ("GuardrailPolicy",)


class GuardrailPolicy:
    """Implements ``gateway.policies.Policy``. ``by_route`` are the guardrails of routes, ``always`` those of everything else."""

    def __init__(self, by_route: Mapping[str, Sequence[Guard]], always: Sequence[Guard]) -> None:
        self._by_route = by_route
        self._always = always

    async def admit(self, call: Call) -> None:
        """Apply the guardrails of the route to the request, and have them look at its answer.

        Raises ``GuardrailBlocked``, ``GuardrailUnavailable`` and ``StreamRefused``.
        """
        guards = self._by_route.get(call.plan.route, self._always)
        origin = call.inbound.origin
        if not guards or (origin is not None and (origin.guardrail or origin.cache)):
            return  # what a guardrail or a cache itself asks was looked at already
        answers = [guard for guard in guards if "output" in guard.settings.on]
        _refuse_stream(call, answers)
        await _look(call, [guard for guard in guards if "input" in guard.settings.on])
        call.reviews += [guard.answer for guard in answers]

    def settle(self, call: Call, outcome: Outcome) -> None:
        """Nothing to settle."""


def _refuse_stream(call: Call, guards: Sequence[Guard]) -> None:
    refusing = next((guard.settings.name for guard in guards if guard.settings.stream == "refuse"), None)
    if refusing is not None and call.head.stream:
        raise StreamRefused(f"The guardrail {refusing!r} judges whole answers: ask without 'stream'.", param="stream")


async def _look(call: Call, guards: Sequence[Guard]) -> None:
    if call.inbound.upload is not None:
        for guard in guards:
            unseen(call, guard.settings, "input")
    if not guards or not call.inbound.body:
        return
    text = call.rewritten if call.rewritten is not None else call.inbound.body
    body = object_of(text)
    if body is None:
        for guard in guards:
            unseen(call, guard.settings, "input")
        return
    if call.rewritten is None and call.edits:
        text = patch(text, call.edits)
        body = object_of(text) or {}
    for name in token_members(body):
        try:
            body[name] = await read_tokens(body[name], {target.model for target in call.plan.targets}, guards[0].settings.timeout)
        except Unreadable as error:
            reason = f"{name!r} is given as token numbers, and {error}; send texts instead"
            for guard in guards:
                unseen(call, guard.settings, "input", reason=reason)
            return
    changed: set[str] = set()
    try:
        for guard in guards:
            changed |= await guard.request(call, body)
    except Exception:
        changed = set(body)  # what is told of a request that is refused is what the guardrails left of it
        raise
    finally:
        if changed:
            call.rewritten = patch(text, {name: msgspec.json.encode(body[name]) for name in changed})
