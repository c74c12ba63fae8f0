"""A virtual key reaches what it made, and what the vendor made of that; of all else it is told that there is no such thing.

Who shows no virtual key has the whole account. What a generation names may be what no key made: it is shared by who gave it to the account.
"""

from collections.abc import Awaitable
from functools import partial
from typing import Final

from msgspec import Raw
from msgspec.structs import replace

from gateway.asking import peek
from gateway.belongings.asked import Asked, asked_for, named_in, responses_in
from gateway.belongings.records import Makers
from gateway.belongings.told import Listed, made_by, named, outcomes_of, page_after, page_of, written
from gateway.dialects.types import DialectName
from gateway.errors import BelongingNotFound, UpstreamBroken
from gateway.kept import ResponseShelf, owner_of
from gateway.policies import Call
from gateway.types import Opened, Operation, Outbound, Resource

__all__ = ("BelongingsPolicy",)

MOST_PAGES: Final = 100
"""Pages of the account's list that are looked through for one thing of a key's."""


class BelongingsPolicy:
    """Implements ``gateway.policies.Policy``; stands behind the one that knows callers."""

    def __init__(self, makers: Makers, responses: ResponseShelf) -> None:
        self._makers = makers
        self._responses = responses

    def admit(self, call: Call) -> Awaitable[None] | None:
        """Refuse a request for what another key made. Raises ``BelongingNotFound``."""
        if call.caller.key is None:
            return None
        inbound, key = call.inbound, call.caller.key.id
        asked = None if inbound.resource is None else asked_for(inbound.resource)
        if inbound.resource is not None:
            call.reviews.append(partial(self._seen, key=key, asked=asked))
        elif call.head.store and inbound.operation is Operation.CHAT and inbound.dialect is DialectName.OPENAI_CHAT:
            call.reviews.append(partial(self._stored, key=key))
        names = named_in(inbound.body) if asked is not None or self._makers.any() else []
        responses = responses_in(inbound.resource, inbound.body)
        if not (names or responses or (asked is not None and asked.identity)):
            return None
        return self._checked(call, key, asked, names, responses)

    def settle(self, call: Call, outcome: object) -> None:
        """Nothing to settle."""

    async def _checked(self, call: Call, key: str, asked: Asked | None, names: list[str], responses: list[str]) -> None:
        for name in responses:
            kept = await self._responses.find(name)
            if kept is not None and kept.owner != owner_of(call.inbound.headers):
                raise _missing(name)
        if asked is not None and asked.identity and not await self._is_own(call, asked.identity, key):
            raise _missing(asked.identity)
        for name in names:
            if not (await self._is_own(call, name, key) if asked is not None else await self._is_open(call, name, key)):
                raise _missing(name)

    async def _is_own(self, call: Call, identity: str, key: str) -> bool:
        return any([await self._makers.of(target.provider, identity) == key for target in call.plan.targets])

    async def _is_open(self, call: Call, identity: str, key: str) -> bool:
        return all([await self._makers.of(target.provider, identity) in {None, key} for target in call.plan.targets])

    async def _stored(self, call: Call, opened: Opened, *, key: str) -> Opened:
        """A chat that is stored is asked for again by its name."""
        made = peek(opened).response_id if opened.upstream.status < 400 else None
        if made:
            await self._makers.note(opened.target.provider, made, key)
        return opened

    async def _seen(self, call: Call, opened: Opened, *, key: str, asked: Asked | None) -> Opened:
        """An answer about an account's things: what is new is the key's, and a list holds nobody else's."""
        resource, provider = call.inbound.resource, opened.target.provider
        if resource is None or opened.first is not None or opened.upstream.status >= 400:
            return opened
        if asked is None:
            if resource.method == "POST" and b'"name"' in opened.body and (made := named(opened.body)):
                await self._makers.note(provider, made, key)  # a long operation of Google's
            return opened
        if not asked.identity and resource.method == "GET":
            return replace(opened, body=await self._own_page(call, opened, resource, key))
        if asked.identity and asked.whole and resource.method == "DELETE":
            await self._makers.forget(provider, asked.identity)
            return opened
        new = made_by(opened.body) if not asked.identity and asked.whole else ""
        for name in filter(None, (new, *outcomes_of(opened.body))):
            await self._makers.note(provider, name, key)
        return opened

    async def _own_page(self, call: Call, opened: Opened, resource: Resource, key: str) -> bytes:
        """The first page on which there is anything of the key's, without what is not; the last one if there is none."""
        body, path = opened.body, resource.path
        for _ in range(MOST_PAGES):
            page = page_of(body)
            if page is None:
                return b"{}"  # whatever it lists, nobody knows whose that is
            own = await self._own(page, opened.target.provider, key)
            following = page_after(page, path)
            if own or not following:
                return written(page, own)
            path, body = following, await _page(call, opened, replace(resource, path=following))
        raise UpstreamBroken(
            f"The account's list has nothing of this key's on its first {MOST_PAGES} pages. Ask for what you seek by its name."
        )

    async def _own(self, page: Listed, provider: str, key: str) -> list[Raw]:
        own = [each for each in page.things if (name := named(bytes(each))) and await self._makers.of(provider, name) == key]
        for name in (name for each in own for name in outcomes_of(bytes(each))):
            await self._makers.note(provider, name, key)
        return own


async def _page(call: Call, opened: Opened, resource: Resource) -> bytes:
    """Another page of the same list. Raises ``UpstreamFailure``."""
    asked = Outbound(
        operation=call.inbound.operation,
        body=b"",
        headers=call.inbound.headers,
        stream=False,
        traceparent=call.traceparent,
        dialect=opened.passage.dialect,
        model=opened.target.model,
        resource=resource,
    )
    answer = await opened.provider.send(asked)
    try:
        if answer.status != 200:
            raise UpstreamBroken(f"{opened.target.provider} answered {answer.status} for a further page of its list.")
        return await answer.read()
    finally:
        await answer.close()


def _missing(identity: str) -> BelongingNotFound:
    return BelongingNotFound(f"There is no {identity!r} here that this key has made.")
