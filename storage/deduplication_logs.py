"""What a kill left in the deduplication logs of an embedded ClickHouse, put right before the engine reads them.

A MergeTree table that knows the tokens of its last batches writes a part's line into a log right *before* the part gets its name, one part at
a time: ``MergeTreeSink`` calls ``MergeTreeDeduplicationLog::addPart``, then ``renameTempPartAndAdd``. A process that is killed between the two
leaves a last line without a part. The same batch, sent again, would be taken for a repetition, and its rows be lost. Such a line gets the
one here that the engine itself writes when a part is dropped, and that makes it forget the token.

A line is ``operation, part, block`` with tabs between them; ``1`` adds a part, ``2`` drops it. A part is named
``partition_first_last_level``, or ``partition_first_last_level_mutation``, and holds the blocks from the first number to the last.
"""

import logging
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import takewhile
from pathlib import Path
from typing import Final, NamedTuple

from storage.segments import lock_file

__all__ = ("forget_unborn_parts", "unborn")

logger = logging.getLogger(__name__)

ADD: Final = "1"
DROP: Final = "2"
NUMBERS: Final = (3, 4)
"""How many numbers follow the partition in the name of a part: without a mutation, and with one."""


class Line(NamedTuple):
    """A line of a deduplication log."""

    operation: str
    part: str
    block: str


class Blocks(NamedTuple):
    """The numbers of the blocks that a part holds, both ends included."""

    partition: str
    first: int
    last: int


def forget_unborn_parts(directory: Path) -> int:
    """Make the tables in chDB's ``directory`` forget parts that they noted last and do not have.

    Returns how many lines were forgotten. Does nothing while a process has the directory open, nor after an orderly stop, which leaves no
    such line. Raises ``OSError``.
    """
    with _left_behind(directory) as ours:
        return sum(_mend(logs) for logs in sorted(directory.glob("store/*/*/deduplication_logs"))) if ours else 0


def unborn(lines: Sequence[Line], names: Iterable[str]) -> list[Line]:
    """The lines of a table's newest log that add the last part, where the table has no such part, alone or merged.

    ``names`` are those of the table's folder, and may be of anything.
    """
    last = lines[-1] if lines else Line(DROP, "", "")
    wanted = _blocks(last.part) if last.operation == ADD else None
    if wanted is None or any(_holds(blocks, wanted) for name in names if (blocks := _blocks(name)) is not None):
        return []
    return list(takewhile(lambda line: line[:2] == (ADD, last.part), reversed(lines)))


def _blocks(part: str) -> Blocks | None:
    """What a part holds; ``None`` for the name of something else, such as a part that is still being written."""
    for numbers in NUMBERS:
        partition, *rest = part.rsplit("_", numbers)
        if len(rest) == numbers and all(number.isdecimal() for number in rest) and "_" not in partition:
            return Blocks(partition, int(rest[0]), int(rest[1]))
    return None


def _holds(have: Blocks, wanted: Blocks) -> bool:
    return have.partition == wanted.partition and have.first <= wanted.first and wanted.last <= have.last


@contextmanager
def _left_behind(directory: Path) -> Iterator[bool]:
    """Whether the engine was killed in ``directory``. Nobody else opens it meanwhile: the engine locks the same file, and deletes it at its end."""
    status = directory / "status"
    lock = lock_file(status) if status.exists() else None
    try:
        yield lock is not None and _is_at(lock, status)
    finally:
        if lock is not None:
            os.close(lock)


def _is_at(file: int, path: Path) -> bool:
    """Whether an open file still has its name."""
    try:
        return os.path.samestat(os.fstat(file), path.stat())
    except FileNotFoundError:
        return False


def _mend(logs: Path) -> int:
    """Append to the newest log of a table, with which the engine goes on. It may have been begun right behind the last line, and be empty."""
    files = sorted(logs.glob("deduplication_log_*.txt"), key=lambda file: int(file.stem.rpartition("_")[2]))
    lines = next((found for file in reversed(files) if (found := _lines(file))), [])
    forgotten = unborn(lines, [entry.name for entry in logs.parent.iterdir()])
    if forgotten:
        with files[-1].open("a", encoding="utf-8") as file:
            file.writelines(f"{DROP}\t{line.part}\t{line.block}\n" for line in forgotten)
        logger.warning("rows that a killed process was just storing are stored again: part %s of %s", forgotten[0].part, logs.parent)
    return len(forgotten)


def _lines(file: Path) -> list[Line]:
    """The lines of a log. A last line that a power cut left unfinished is removed, since the engine would continue it."""
    text = file.read_text(encoding="utf-8")
    whole = text[: text.rfind("\n") + 1]
    if whole != text:
        os.truncate(file, len(whole.encode()))
    return [Line(*line.split("\t")) for line in whole.splitlines()]
