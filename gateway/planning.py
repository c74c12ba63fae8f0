"""Where a request goes: an account, a route, a prompt of the registry and the model it is written for."""

import asyncio

import msgspec
from msgspec import structs

from gateway.dialects.types import DialectName
from gateway.heads import PromptedHead
from gateway.progress import Progress
from gateway.prompted import with_prompt
from gateway.prompts import PromptReference, PromptSource, RenderedPrompt, parse_reference, with_rendered
from gateway.pursuit import Pursuit
from gateway.resilience.facts import facts_of
from gateway.resilience.journey import Journey
from gateway.resilience.pool import Pool
from gateway.types import Plan

__all__ = ("planned",)


async def planned(progress: Progress, prompts: PromptSource) -> Plan:
    """The targets of a request, with its prompt rendered into it.

    Raises ``GatewayError``, and ``CancelledError`` when the client leaves meanwhile.
    """
    inbound, routes = progress.inbound, progress.snapshot.routes
    if inbound.provider:
        return routes.plan_account(inbound.provider, inbound.model)
    head = progress.head
    reference = parse_reference(head.model)
    if reference is None:
        plan = routes.plan(head.model)
    else:
        asked = head.asked_model if isinstance(head, PromptedHead) else None
        prompt = await _rendered(progress, reference, prompts)
        plan = routes.plan_prompt(prompt.name, asked or prompt.model)
    pool = progress.snapshot.pools.get(plan.route)
    return plan if pool is None else await _pursuing(progress, plan, pool, prompts, prompted=reference is not None)


async def _pursuing(progress: Progress, plan: Plan, pool: Pool, prompts: PromptSource, *, prompted: bool) -> Plan:
    """Apply the rules of a route to a request, which is read whole first, since it may be sent more than once.

    ``prompted``: the request names a prompt itself, which then replaces those of the route.
    """
    upload = progress.inbound.upload
    if upload is not None and not await upload.hold():
        raise asyncio.CancelledError  # the client left
    facts = facts_of(progress.inbound, progress.head, pool.rules, progress.snapshot.made)
    if pool.rules.prompts and not prompted and (reference := parse_reference(pool.prompt(facts))) is not None:
        await _rendered(progress, reference, prompts)
    journey = Journey(pool, facts)
    progress.pursuit = Pursuit(journey, pool, stream=facts.stream)
    return structs.replace(plan, targets=journey.targets)


async def _rendered(progress: Progress, reference: PromptReference, prompts: PromptSource) -> RenderedPrompt:
    prompt = await prompts.render(reference.name, reference.selector, progress.head.prompt_variables or {})
    progress.recording.prompt(prompt)
    if progress.inbound.dialect is DialectName.OPENAI_CHAT:
        messages = with_rendered(prompt, bytes(progress.head.messages))
        progress.edits = {"messages": messages, "prompt_variables": None}
        progress.head.messages = msgspec.Raw(messages)
    else:
        progress.rewrite(with_prompt(prompt, progress.inbound))
    return prompt
