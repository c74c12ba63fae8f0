"""The ledger over real databases, and the parts around it."""

from collections.abc import Callable

import pytest

from evals.executor import Executor
from evals.ledger import Ledger
from evals.store import LedgerStore
from storage.metadata import Metadata
from tests.evals.making import Caller, Clock, Shelf, Traces


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def traces() -> Traces:
    return Traces()


@pytest.fixture
def shelf() -> Shelf:
    return Shelf()


@pytest.fixture
def caller() -> Caller:
    return Caller()


@pytest.fixture
def make_ledger(clock: Clock) -> Callable[[Metadata], Ledger]:
    return lambda metadata: Ledger(LedgerStore(metadata), clock=clock, jitter=lambda: 1.0)


@pytest.fixture
def ledger(metadata: Metadata, make_ledger: Callable[[Metadata], Ledger]) -> Ledger:
    """The ledger in SQLite, with a clock that stands still."""
    return make_ledger(metadata)


@pytest.fixture
def any_ledger(metadata_any: Metadata, make_ledger: Callable[[Metadata], Ledger]) -> Ledger:
    """The ledger in SQLite, and in PostgreSQL where it is."""
    return make_ledger(metadata_any)


@pytest.fixture
def executor(traces: Traces, caller: Caller, clock: Clock) -> Executor:
    return Executor(traces, caller, clock)
