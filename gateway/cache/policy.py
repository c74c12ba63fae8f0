"""Looks for an answer before a request is sent, and keeps the one that comes."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from time import time
from typing import Any

from msgspec import structs

from gateway.cache.costs import cost_of
from gateway.cache.directives import Directives, directives_of
from gateway.cache.entries import Entry, decode, encode
from gateway.cache.errors import AnswerUnreadable
from gateway.cache.keys import convertible, equal_body, fingerprint, key_of
from gateway.cache.replay import as_stream, as_whole
from gateway.cache.rules import Rule
from gateway.passages.chat import asks_for_usage
from gateway.policies import Answered, Call, Outcome
from gateway.types import Headers, Operation, Reply, Target, Usage

__all__ = ("CachePolicy", "Flights")

LONGEST_WAIT = 60.0
"""Seconds that a request waits for the same one to be answered."""

_FILTERED = frozenset({"content_filter", "refusal", "safety", "blocklist", "prohibited_content", "spii", "recitation"})
"""Finish reasons, in whichever dialect, of an answer that a vendor withheld."""

Flights = dict[str, "asyncio.Future[Entry | None]"]
"""Requests that are being answered, by their key."""


class Pending:
    """An answer under way that may be kept once it is whole; equal requests wait for it."""

    def __init__(self, rule: Rule, digest: str, *, keep: bool) -> None:
        self.rule = rule
        self.digest = digest
        self.keep = keep
        self.asked_at = time()
        self.outcome: Outcome | None = None
        self.question: Any = None
        self.flight: asyncio.Future[Entry | None] | None = None

    def land(self, entry: Entry | None) -> None:
        """Let those who wait go on."""
        if self.flight is not None and not self.flight.done():
            self.flight.set_result(entry)


class CachePolicy:
    """Implements ``gateway.policies.Policy`` for the routes that have ``rules``."""

    def __init__(self, rules: Mapping[str, Rule], flights: Flights) -> None:
        self._rules = rules
        self._flights = flights

    async def admit(self, call: Call) -> None:
        """A kept answer goes into ``call.answer``; what comes instead of it is kept."""
        rule = self._rules.get(call.plan.route)
        if rule is None:
            return
        call.headers.append((b"cache-control", b"no-store"))  # nobody between us and the client keeps it
        directives = directives_of(call.inbound.headers)
        body = equal_body(call)
        if body is None or not (directives.look or directives.keep):
            _tell(call, "bypass")
            return
        pending = Pending(rule, fingerprint(call, body, rule.settings.per, rule.variant), keep=directives.keep)
        key = key_of(pending.digest, call, call.plan.targets[0])
        if directives.look and (entry := await self._found(key, rule, directives)) is not None and _answer(call, entry):
            return
        similar = await _similar(call, body, pending) if directives.look else None
        if similar is not None and _is_fresh(similar, rule, directives) and _answer(call, similar):
            return
        _tell(call, "miss" if directives.look else "bypass")
        self._await_answer(call, key, pending)

    def settle(self, call: Call, outcome: Outcome) -> None:
        """Decide whether the answer may be kept. One that did not end well is given up, and those who wait for it go on."""
        pending = call.pending
        if not isinstance(pending, Pending):
            return
        if _may_be_kept(call, outcome):
            pending.outcome = outcome
        else:
            pending.land(None)

    async def _found(self, key: str, rule: Rule, directives: Directives) -> Entry | None:
        entry = decode(await rule.store.get(key))
        if entry is not None and _is_fresh(entry, rule, directives):
            return entry
        flight = self._flights.get(key) if rule.settings.coalesce else None
        if flight is None:
            return None
        # What the other one gets is new enough for whatever max-age. Its failure is its own: this request then is sent.
        done, _ = await asyncio.wait([flight], timeout=LONGEST_WAIT)
        if not done and self._flights.get(key) is flight:
            del self._flights[key]  # nobody else waits for it
        return flight.result() if done else None

    def _await_answer(self, call: Call, key: str, pending: Pending) -> None:
        call.pending = pending
        if pending.rule.settings.coalesce and pending.keep and key not in self._flights:
            flight = self._flights[key] = pending.flight = asyncio.get_running_loop().create_future()
            flight.add_done_callback(lambda _: self._landed(key, flight))
        call.taps.append(self._tapped)

    def _landed(self, key: str, flight: "asyncio.Future[Entry | None]") -> None:
        if self._flights.get(key) is flight:
            del self._flights[key]

    def _tapped(self, call: Call, reply: Reply) -> Reply:
        pending = call.pending
        if not isinstance(pending, Pending):
            return reply
        if reply.stream is not None:
            return structs.replace(reply, stream=self._passing(call, pending, reply, reply.stream))
        if pending.outcome is not None:
            self._keep(call, pending, pending.outcome, reply.headers, reply.body, streamed=False)
        return reply

    async def _passing(self, call: Call, pending: Pending, reply: Reply, stream: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        chunks: list[bytes] = []
        size = 0
        try:
            async for chunk in stream:
                size += len(chunk)
                if size <= pending.rule.answer_bytes:
                    chunks.append(chunk)
                yield chunk
            if pending.outcome is not None and size <= pending.rule.answer_bytes:
                self._keep(call, pending, pending.outcome, reply.headers, b"".join(chunks), streamed=True)
        finally:
            pending.land(None)
            await stream.aclose()  # type: ignore[attr-defined]  # a generator, declared as what its readers need

    def _keep(self, call: Call, pending: Pending, outcome: Outcome, headers: Headers, body: bytes, *, streamed: bool) -> None:
        target, observation = call.target, outcome.observation
        if target is None or observation is None or len(body) > pending.rule.answer_bytes:
            pending.land(None)
            return
        entry = Entry(
            body=body,
            content_type=next((value for name, value in headers if name == b"content-type"), b"application/json"),
            streamed=streamed,
            with_usage=streamed and asks_for_usage(call.head),
            target=(target.provider, target.model),
            observation=structs.replace(observation, usage=outcome.usage),
            stored_at=time(),
            saved_usd=cost_of(call, target, outcome.usage),
        )
        if pending.keep:
            key = key_of(pending.digest, call, target)
            pending.rule.store.put(key, encode(entry), pending.rule.settings.ttl, pending.asked_at)
            if pending.rule.semantic is not None and pending.question is not None and target == call.plan.targets[0]:
                pending.rule.semantic.keep(pending.question, key)
        pending.land(entry)


async def _similar(call: Call, body: dict[str, Any], pending: Pending) -> Entry | None:
    """The answer to a question of nearly the same meaning, where the route asks for it."""
    rule = pending.rule
    if rule.semantic is None:
        return None
    pending.question = await rule.semantic.asked(call, body, rule.settings, rule.variant)
    return None if pending.question is None else await rule.semantic.found(call, pending.question, rule.store)


def _tell(call: Call, word: str) -> None:
    call.headers.append((b"x-tidegate-cache", word.encode()))
    call.attributes["tidegate.cache"] = word


def _is_fresh(entry: Entry, rule: Rule, directives: Directives) -> bool:
    age = time() - entry.stored_at
    return age < rule.settings.ttl and (directives.max_age is None or age <= directives.max_age)


def _may_be_kept(call: Call, outcome: Outcome) -> bool:
    """Whether an answer is whole and was meant: one that a vendor's filter emptied may come out otherwise the next time."""
    seen = outcome.observation
    if outcome.status != 200 or outcome.error is not None or seen is None or seen.error is not None:
        return False
    if call.inbound.operation is not Operation.CHAT:
        return True
    return bool(seen.finish_reasons) and not any(reason.lower() in _FILTERED for reason in seen.finish_reasons)


def _answer(call: Call, entry: Entry) -> bool:
    """Give a kept answer as this request wants it told; ``False`` where it cannot be told so. Nothing is used: its span counts no tokens, and tells what was saved."""
    told = _told(call, entry)
    if told is None:
        return False
    body, content_type = told
    usage, age = entry.observation.usage, max(0, int(time() - entry.stored_at))
    _tell(call, "hit")
    call.headers.append((b"age", str(age).encode()))
    call.attributes["tidegate.cache.age"] = age
    if entry.saved_usd is not None:
        call.headers.append((b"x-tidegate-cache-saved-usd", f"{entry.saved_usd:.9f}".rstrip("0").rstrip(".").encode()))
        call.attributes["tidegate.cache.saved_usd"] = entry.saved_usd
    for name, tokens in (("input", usage.input_tokens), ("output", usage.output_tokens)) if usage is not None else ():
        if tokens is not None:
            call.attributes[f"tidegate.cache.saved_{name}_tokens"] = tokens
    streamed = bool(call.head.stream) and content_type.startswith(b"text/event-stream")
    call.answer = Answered(
        headers=[(b"content-type", content_type)],
        target=Target(*entry.target),
        observation=structs.replace(entry.observation, usage=Usage(input_tokens=0, output_tokens=0)),
        body=b"" if streamed else body,
        stream=body if streamed else None,
    )
    return True


def _told(call: Call, entry: Entry) -> tuple[bytes, bytes] | None:
    """A kept answer, whole or as a stream as it is wanted; ``None`` for one that cannot be told so."""
    wants_stream, wants_usage = bool(call.head.stream), asks_for_usage(call.head)
    if not convertible(call) or (entry.streamed == wants_stream and (not wants_stream or entry.with_usage == wants_usage)):
        return entry.body, entry.content_type
    try:
        whole = as_whole(entry.body, entry.observation.usage) if entry.streamed else entry.body
        return (
            (as_stream(whole, with_usage=wants_usage), b"text/event-stream; charset=utf-8")
            if wants_stream
            else (whole, b"application/json")
        )
    except AnswerUnreadable:
        return None
