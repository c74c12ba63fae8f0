"""The ledger in SQL: lines of ``judgements``, ``judge_versions`` and ``judge_cursors``, alike in SQLite and PostgreSQL.

Each method is one transaction. Each write names the state it expects to find, so that of several workers one wins and the others see
that they did not. Times are given by the caller.
"""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, Final, TypeVar

from sqlalchemy import BindParameter, ColumnElement, Connection, Row, and_, bindparam, func, or_, select, tuple_, update

from evals.assessing import rfc3339
from evals.types import Admission, Claim, Judge, Judgement, JudgementState, JudgeStats, Key, Outcome
from storage.metadata import Metadata
from storage.metadata_tables import judge_cursors, judge_versions, judgements
from storage.prepared import Prepared
from storage.upserts import insert_into

__all__ = ("LedgerStore",)

T = TypeVar("T")

CHUNK = 500
"""Lines named in one statement: SQLite binds at most 32,766 values."""

LINE = judgements.c
WAITING = (JudgementState.QUEUED, JudgementState.RETRY, JudgementState.CLAIMED)


class LedgerStore:
    """Reads and writes the ledger. Raises ``storage.errors.MetadataUnavailable``."""

    def __init__(self, metadata: Metadata) -> None:
        self._metadata = metadata

    async def keep_version(self, judge: Judge, definition: dict[str, Any], now: datetime) -> datetime:
        """Write a version down if it is new; when it was first seen."""
        row = {"name": judge.name, "version": judge.version, "definition": definition, "created_at": now}
        mine = and_(judge_versions.c.name == judge.name, judge_versions.c.version == judge.version)

        def work(connection: Connection) -> datetime:
            _insert_missing(connection, judge_versions, [row])
            first_seen: datetime = connection.execute(select(judge_versions.c.created_at).where(mine)).scalar_one()
            return first_seen

        return await self._metadata.run(work)

    async def position(self, judge: Judge) -> str | None:
        """How far the judge has read the sealed traces, ``None`` at first."""
        found = select(judge_cursors.c.position).where(_of(judge_cursors, judge))
        return await self._metadata.read(lambda connection: connection.execute(found).scalar_one_or_none())

    async def keep_position(self, judge: Judge, position: str, now: datetime) -> None:
        """Remember how far the judge has read."""
        row = {"judge_name": judge.name, "judge_version": judge.version, "position": position, "updated_at": now}

        def work(connection: Connection) -> None:
            changed = connection.execute(update(judge_cursors).where(_of(judge_cursors, judge)).values(row))
            if changed.rowcount == 0:
                _insert_missing(connection, judge_cursors, [row])

        await self._metadata.run(work)

    async def lines(self, judge: Judge, trace_ids: Sequence[str]) -> list[Judgement]:
        """All lines of this version about these traces, whichever revision."""
        wanted = select(judgements).where(_of(judgements, judge))

        def work(connection: Connection) -> list[Judgement]:
            parts = [connection.execute(wanted.where(LINE.trace_id.in_(part))).all() for part in _chunks(trace_ids)]
            return [_judgement(row) for part in parts for row in part]

        return await self._metadata.read(work)

    async def history(self, judge_name: str, trace_id: str) -> list[Judgement]:
        """All lines of all versions of a judge about one trace, newest first."""
        wanted = select(judgements).where(LINE.judge_name == judge_name, LINE.trace_id == trace_id).order_by(LINE.created_at.desc())
        return await self._metadata.read(lambda connection: [_judgement(row) for row in connection.execute(wanted)])

    async def admit(self, judge: Judge, admission: Admission, now: datetime) -> None:
        """Carry an admission out. A line that somebody else wrote meanwhile stays as it is."""
        new = [_new_line(key, JudgementState.QUEUED, "", now) for key in admission.queued]
        new += [_new_line(key, JudgementState.SAMPLED_OUT, reason, now) for key, reason in admission.sampled_out.items()]
        closed = (JudgementState.SAMPLED_OUT, JudgementState.SUPERSEDED, JudgementState.FAILED)
        reopened = {"state": JudgementState.QUEUED, "attempts": 0, "reason": "", "not_before": None, "updated_at": now}
        replaced = {"state": JudgementState.SUPERSEDED, "reason": "later spans made a newer revision", "claimed_by": "", "updated_at": now}

        def work(connection: Connection) -> None:
            _insert_missing(connection, judgements, new)
            for part in _chunks(admission.reopened):
                connection.execute(update(judgements).where(_of(judgements, judge), _any_of(part), LINE.state.in_(closed)).values(reopened))
            for part in _chunks(admission.superseded):
                connection.execute(
                    update(judgements).where(_of(judgements, judge), _any_of(part), LINE.state.in_(WAITING)).values(replaced)
                )

        await self._metadata.run(work)

    async def claim(self, judge: Judge, worker: str, limit: int, now: datetime, lease_until: datetime) -> list[Claim]:
        """Take up to ``limit`` lines that are due, the oldest first: new ones, retries whose time has come, and leases that ran out."""
        asked = {"name": judge.name, "version": judge.version, "now": now}
        if not await self._metadata.read(lambda connection: _ANY_DUE.rows(connection, asked)):
            return []
        due = and_(_of(judgements, judge), _due(now))
        # SKIP LOCKED lets workers of PostgreSQL pass one another; SQLite has one writer at a time and leaves the words out.
        oldest = select(LINE.trace_id, LINE.trace_revision).where(due).order_by(LINE.created_at, LINE.trace_id).limit(limit)
        chosen = oldest.with_for_update(skip_locked=True).cte("chosen")
        values = {"state": JudgementState.CLAIMED, "claimed_by": worker, "lease_expires_at": lease_until, "not_before": None}
        take = (
            update(judgements)
            .where(due, tuple_(LINE.trace_id, LINE.trace_revision).in_(select(chosen.c.trace_id, chosen.c.trace_revision)))
            .values(**values, attempts=LINE.attempts + 1, updated_at=now)
            .returning(LINE.trace_id, LINE.trace_revision, LINE.attempts)
        )

        def work(connection: Connection) -> list[Claim]:
            return [_claim(judge, worker, row) for row in connection.execute(take)]

        return await self._metadata.run(work)

    async def holds(self, claim: Claim) -> bool:
        """Whether the claim is still its worker's."""
        found = select(func.count()).select_from(judgements).where(_held(claim))
        return await self._metadata.read(lambda connection: connection.execute(found).scalar_one() == 1)

    async def renew(self, worker: str, lease_until: datetime) -> None:
        """Prolong all leases of a worker."""
        mine = and_(LINE.claimed_by == worker, LINE.state == JudgementState.CLAIMED)
        await self._write(update(judgements).where(mine).values(lease_expires_at=lease_until))

    async def release(self, worker: str, now: datetime) -> None:
        """Give back all claims of a worker that stops; the attempts they began do not count."""
        mine = and_(LINE.claimed_by == worker, LINE.state == JudgementState.CLAIMED)
        values = {"state": JudgementState.RETRY, "reason": "its worker stopped", "claimed_by": "", "not_before": now, "updated_at": now}
        await self._write(update(judgements).where(mine).values(**values, attempts=LINE.attempts - 1))

    async def settle(self, claim: Claim, outcome: Outcome, now: datetime, not_before: datetime | None) -> bool:
        """End a claim. ``False``: it was no longer its worker's, and nothing was written."""

        def work(connection: Connection) -> bool:
            spent = connection.execute(select(LINE.cost).where(_held(claim)).with_for_update()).first()
            if spent is None:
                return False
            connection.execute(update(judgements).where(_held(claim)).values(_settled(claim, outcome, spent[0], now, not_before)))
            return True

        return await self._metadata.run(work)

    async def stats(self, judge: Judge) -> JudgeStats:
        """Counts and cost of this version; the figures that come from verdicts are left unknown."""
        counted = select(LINE.state, func.count()).where(_of(judgements, judge)).group_by(LINE.state)
        # Added up here and not in SQL: SQLite would add money as binary fractions.
        money = select(LINE.cost).where(_of(judgements, judge), LINE.state.in_((JudgementState.SCORED, JudgementState.FAILED)))

        def work(connection: Connection) -> JudgeStats:
            counts = {row[0]: row[1] for row in connection.execute(counted)}
            return _stats(counts, list(connection.execute(money).scalars()))

        return await self._metadata.read(work)

    async def failures(self, judge: Judge, limit: int) -> list[Judgement]:
        """The newest failures of this version."""
        wanted = select(judgements).where(_of(judgements, judge), LINE.state == JudgementState.FAILED)
        newest = wanted.order_by(LINE.updated_at.desc()).limit(limit)
        return await self._metadata.read(lambda connection: [_judgement(row) for row in connection.execute(newest)])

    async def recent(self, judge: Judge, limit: int) -> list[Judgement]:
        """The newest lines of this version that were in the sample."""
        wanted = select(judgements).where(_of(judgements, judge), LINE.state != JudgementState.SAMPLED_OUT)
        newest = wanted.order_by(LINE.updated_at.desc()).limit(limit)
        return await self._metadata.read(lambda connection: [_judgement(row) for row in connection.execute(newest)])

    async def _write(self, statement: Any) -> None:
        await self._metadata.run(lambda connection: connection.execute(statement))


def _of(table: Any, judge: Judge) -> ColumnElement[bool]:
    return and_(table.c.judge_name == judge.name, table.c.judge_version == judge.version)


def _any_of(keys: Sequence[Key]) -> ColumnElement[bool]:
    return tuple_(LINE.trace_id, LINE.trace_revision).in_([(key.trace_id, key.trace_revision) for key in keys])


def _due(now: datetime | BindParameter[datetime]) -> ColumnElement[bool]:
    return or_(
        LINE.state == JudgementState.QUEUED,
        and_(LINE.state == JudgementState.RETRY, or_(LINE.not_before.is_(None), LINE.not_before <= now)),
        and_(LINE.state == JudgementState.CLAIMED, LINE.lease_expires_at <= now),
    )


_ANY_DUE: Final = Prepared(
    select(LINE.trace_id)
    .where(
        LINE.judge_name == bindparam("name"),
        LINE.judge_version == bindparam("version"),
        _due(bindparam("now", type_=LINE.not_before.type)),
    )
    .limit(1)
)
"""Whether there may be something to claim. It is asked all the time, and only reads: to claim takes the lock of who writes."""


def _held(claim: Claim) -> ColumnElement[bool]:
    key = claim.key
    line = and_(LINE.judge_name == key.judge_name, LINE.judge_version == key.judge_version)
    same = and_(line, LINE.trace_id == key.trace_id, LINE.trace_revision == key.trace_revision)
    return and_(same, LINE.state == JudgementState.CLAIMED, LINE.claimed_by == claim.worker, LINE.attempts == claim.attempts)


def _new_line(key: Key, state: JudgementState, reason: str, now: datetime) -> dict[str, Any]:
    names = {"judge_name": key.judge_name, "judge_version": key.judge_version}
    about = {"trace_id": key.trace_id, "trace_revision": key.trace_revision}
    return {**names, **about, "state": state, "reason": reason, "attempts": 0, "created_at": now, "updated_at": now}


def _settled(claim: Claim, outcome: Outcome, spent: Decimal | None, now: datetime, not_before: datetime | None) -> dict[str, Any]:
    known = [cost for cost in (spent, outcome.cost) if cost is not None]
    return {
        "state": outcome.state,
        "reason": outcome.reason,
        "attempts": claim.attempts if outcome.spent else claim.attempts - 1,
        "cost": sum(known, Decimal(0)) if known else None,
        "judge_trace_id": outcome.judge_trace_id,
        "assessment_id": outcome.assessment.assessment_id if outcome.assessment else "",
        "claimed_by": "",
        "lease_expires_at": None,
        "not_before": not_before,
        "updated_at": now,
    }


def _claim(judge: Judge, worker: str, row: Row[Any]) -> Claim:
    key = Key(judge_name=judge.name, judge_version=judge.version, trace_id=row.trace_id, trace_revision=row.trace_revision)
    return Claim(key=key, worker=worker, attempts=row.attempts)


def _judgement(row: Row[Any]) -> Judgement:
    return Judgement(
        judge_name=row.judge_name,
        judge_version=row.judge_version,
        trace_id=row.trace_id,
        trace_revision=row.trace_revision,
        state=JudgementState(row.state),
        attempts=row.attempts,
        reason=row.reason,
        cost=row.cost,
        judge_trace_id=row.judge_trace_id,
        assessment_id=row.assessment_id,
        not_before=rfc3339(row.not_before) if row.not_before else None,
        created_at=rfc3339(row.created_at),
        updated_at=rfc3339(row.updated_at),
    )


def _stats(counts: dict[str, int], costs: list[Decimal | None]) -> JudgeStats:
    known = [cost for cost in costs if cost is not None]
    return JudgeStats(
        scored=counts.get(JudgementState.SCORED, 0),
        failed=counts.get(JudgementState.FAILED, 0),
        waiting=sum(counts.get(state, 0) for state in WAITING),
        sampled_out=counts.get(JudgementState.SAMPLED_OUT, 0),
        superseded=counts.get(JudgementState.SUPERSEDED, 0),
        cost=sum(known, Decimal(0)) if known else None,
        unpriced=len(costs) - len(known),
    )


def _insert_missing(connection: Connection, table: Any, rows: list[dict[str, Any]]) -> None:
    """Insert the rows whose key is not there yet."""
    if rows:
        connection.execute(insert_into(table, connection).on_conflict_do_nothing(), rows)


def _chunks(items: Sequence[T]) -> list[Sequence[T]]:
    return [items[start : start + CHUNK] for start in range(0, len(items), CHUNK)]
