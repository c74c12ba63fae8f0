"""A batch that a kill cut short is stored when it comes again: neither dropped as one that was stored, nor stored twice."""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.connectors import Embedded
from storage.deduplication_logs import ADD, DROP, Line, forget_unborn_parts, unborn
from storage.segments import lock_file
from tests.watching import IN_MODIFY, IN_MOVED_TO, watching

ROOT = Path(__file__).parents[2]
CHILD = Path(__file__).with_name("insert_child.py")
SECOND = int(time.time())


class Said(msgspec.Struct):
    """What the tables held, spans and what is counted of them as they come in, and which directory is which table's."""

    rows: dict[str, int]
    uuids: dict[str, str]


def stored(home: Path, *numbers: int) -> Said:
    """Store spans by a process that is then killed."""
    done = subprocess.run(
        [sys.executable, str(CHILD), str(home), str(SECOND), *map(str, numbers)],
        stdout=subprocess.PIPE,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        check=False,
    )
    assert done.returncode == -signal.SIGKILL
    return msgspec.json.decode(done.stdout, type=Said)


def write_log(table: Path, text: str, *parts: str) -> Path:
    for name in ("deduplication_logs", *parts):
        (table / name).mkdir(parents=True)
    (table / "deduplication_logs" / "deduplication_log_1.txt").write_text(text)
    return table / "deduplication_logs" / "deduplication_log_1.txt"


def test_rows_whose_part_had_no_name_yet_are_stored_when_they_come_again(tmp_path):
    uuids = stored(tmp_path, 1, 2).uuids
    for table in ("spans", "traces", "usage_1m"):
        directory = next(tmp_path.glob(f"chdb/store/*/{uuids[table]}"))
        [log] = directory.glob("deduplication_logs/*.txt")
        # The engine was killed between its two steps: the line is written, and the part has not got its name.
        shutil.rmtree(directory / log.read_text().splitlines()[-1].split("\t")[1])
        assert stored(tmp_path, 1, 2).rows == {"spans": 2, "traces": 2, "usage_1m": 2}


def test_the_engine_notes_a_batch_before_it_shows_the_rows(chdb_home):
    """Should an engine do it the other way round, a kill would store rows twice, and what is said in the module's docstring be wrong."""
    client = Embedded(chdb_home / "chdb").open(None)
    client.command("CREATE DATABASE noted")
    client.command("CREATE TABLE noted.t (x UInt8) ENGINE = MergeTree ORDER BY x SETTINGS non_replicated_deduplication_window = 10")
    uuid = client.command("SELECT toString(uuid) FROM system.tables WHERE database = 'noted'")
    [table] = chdb_home.glob(f"chdb/store/*/{uuid}")
    with watching({table: IN_MOVED_TO, table / "deduplication_logs": IN_MODIFY}) as happened:
        client.command("INSERT INTO noted.t VALUES (1)")
        assert happened() == ["deduplication_log_1.txt", "all_1_1_0"]
    client.command("DROP DATABASE noted")


def test_only_what_a_killed_process_left_is_touched(tmp_path):
    log = write_log(tmp_path / "store" / "abc" / "t", "1\tall_1_1_0\tx\n")
    assert forget_unborn_parts(tmp_path) == 0  # closed in order
    status = lock_file(tmp_path / "status")
    assert forget_unborn_parts(tmp_path) == 0  # in use
    assert log.read_text() == "1\tall_1_1_0\tx\n"
    os.close(status)
    assert forget_unborn_parts(tmp_path) == 1
    assert log.read_text() == "1\tall_1_1_0\tx\n2\tall_1_1_0\tx\n"
    assert forget_unborn_parts(tmp_path) == 0


def test_a_line_that_a_power_cut_left_unfinished_is_cut_off(tmp_path):
    log = write_log(tmp_path / "store" / "abc" / "t", "1\tall_1_1_0\tx\n1\tall_2_", "all_1_1_0")
    os.close(lock_file(tmp_path / "status"))
    assert forget_unborn_parts(tmp_path) == 0
    assert log.read_text() == "1\tall_1_1_0\tx\n"


def test_a_last_line_is_found_behind_a_log_that_was_just_begun(tmp_path):
    log = write_log(tmp_path / "store" / "abc" / "t", "1\tall_1_1_0\tx\n")
    newest = log.with_name("deduplication_log_10.txt")
    newest.touch()
    os.close(lock_file(tmp_path / "status"))
    assert forget_unborn_parts(tmp_path) == 1
    assert newest.read_text() == "2\tall_1_1_0\tx\n"


@pytest.mark.parametrize("name", ["all_3_3_0", "all_1_7_2", "all_3_3_0_9", "all_1_4_2_9"])
def test_a_part_may_have_been_merged_or_changed_since(name):
    assert unborn([Line(ADD, "all_3_3_0", "x")], [name, "detached"]) == []


@pytest.mark.parametrize("name", ["all_2_2_0", "other_3_3_0", "tmp_insert_all_3_3_0", "all_4_7_2", "deduplication_logs"])
def test_a_part_of_other_rows_or_without_its_name_is_not_the_one(name):
    assert unborn([Line(ADD, "all_1_1_0", "w"), Line(ADD, "all_3_3_0", "x")], [name]) == [Line(ADD, "all_3_3_0", "x")]


def test_all_tokens_of_the_part_are_forgotten_and_none_of_a_part_that_was_dropped():
    lines = [Line(ADD, "all_1_1_0", "w"), Line(ADD, "all_2_2_0", "x"), Line(ADD, "all_2_2_0", "y")]
    assert {line.block for line in unborn(lines, [])} == {"x", "y"}
    assert unborn([*lines, Line(DROP, "all_2_2_0", "x")], []) == []


@given(st.lists(st.integers(1, 30), min_size=1, unique=True), st.integers(0, 3))
def test_what_is_there_is_never_forgotten_however_it_was_merged(numbers, level):
    lines = [Line(ADD, f"all_{number}_{number}_0", str(number)) for number in sorted(numbers)]
    assert unborn(lines, [f"all_{min(numbers)}_{max(numbers)}_{level}"]) == []
