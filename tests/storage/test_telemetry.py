"""What the telemetry port promises, of both ClickHouses: the embedded one, and one behind HTTP."""

import asyncio
import logging
import os
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import msgspec
import pytest
from clickhouse_connect.driver import exceptions

import storage
from config.schema import StorageSettings
from config.secrets import Secret
from storage.clickhouse_errors import translate
from storage.connectors import Server
from storage.errors import QueryFailed, SettingsError, TelemetryUnavailable

TRACE = "0af7651916cd43dd8448eb211c80319c"


class Count(msgspec.Struct):
    n: int


class SpanRow(msgspec.Struct):
    span_id: str
    start_time: str
    duration_ns: int
    input_tokens: int | None
    cost_total: Decimal | None
    tags: list[str]
    attributes: dict[str, str]
    is_root: bool


def span(number: int = 1, **fields: object) -> bytes:
    start = time.time_ns()
    row = {"trace_id": TRACE, "span_id": f"{number:016x}", "start_time": nanos(start), "end_time": nanos(start + 1_500_000), "status": "OK"}
    return msgspec.json.encode({**row, **fields})


def nanos(time_ns: int) -> str:
    return f"{time_ns // 10**9}.{time_ns % 10**9:09d}"


async def count(telemetry, table="spans"):
    return (await telemetry.query("SELECT count() AS n FROM {table:Identifier}", {"table": table}, Count))[0].n


async def test_a_row_comes_back_as_it_was_written(telemetry_any):
    start = 1_000_000_000 * int(time.time()) + 123
    fields = {
        "start_time": nanos(start),
        "cost_total": "0.000000000001",
        "tags": ["a", "b'c"],
        "attributes": {"k": "v\n\t\\'\"\u0000é𝄞"},
        "is_root": True,
    }
    await telemetry_any.insert("spans", span(**fields), token="1")
    sql = "SELECT span_id, start_time, duration_ns, input_tokens, cost_total, tags, attributes, is_root FROM spans"
    [row] = await telemetry_any.query(sql, None, SpanRow)
    assert row.start_time.endswith(".000000123")
    assert (row.span_id, row.input_tokens, row.cost_total, row.is_root) == ("0000000000000001", None, Decimal("1e-12"), True)
    assert (row.tags, row.attributes) == (["a", "b'c"], {"k": "v\n\t\\'\"\u0000é𝄞"})


async def test_no_rows_are_an_empty_list(telemetry_any):
    assert await telemetry_any.query("SELECT span_id FROM spans", None, dict) == []


async def test_64_bit_numbers_arrive_as_numbers(telemetry_any):
    assert await telemetry_any.query("SELECT toUInt64(18446744073709551615) AS n -- the end", None, Count) == [Count(2**64 - 1)]


HOSTILE = ["plain", "it's", 'a "quote"', "back\\slash", "tab\tline\nend", "{x:String}", "%s %(x)s", "", "ünï𝄞", "'; DROP TABLE spans --"]


async def test_a_text_parameter_is_a_value_and_never_sql(telemetry_any):
    for value in HOSTILE:
        answer = await telemetry_any.query("SELECT {x:String} AS x, length(x) AS n", {"x": value}, dict)
        assert answer == [{"x": value, "n": len(value.encode())}]


async def test_parameters_may_be_numbers_lists_and_longer_than_a_url(telemetry_any):
    parameters = {"n": 7, "ids": ["a'b", "c\\d"], "long": "x" * 200_000}
    [row] = await telemetry_any.query("SELECT {n:UInt64} AS n, {ids:Array(String)} AS ids, length({long:String}) AS long", parameters, dict)
    assert row == {"n": 7, "ids": ["a'b", "c\\d"], "long": 200_000}


async def test_broken_utf8_in_the_database_is_still_an_answer(telemetry_any):
    assert await telemetry_any.query("SELECT unhex('61ff62') AS x", None, dict) == [{"x": "a\ufffdb"}]


async def test_the_same_token_inserts_once_in_tables_and_in_rollups(telemetry_any):
    rows = b"\n".join(span(number) for number in range(3))
    for _ in range(3):
        await telemetry_any.insert("spans", rows, token="batch 1")
    await telemetry_any.insert("spans", span(9), token="batch '2\\")
    assert await count(telemetry_any) == 4
    assert await telemetry_any.query("SELECT sum(spans) AS n FROM traces", None, Count) == [Count(4)]


async def test_a_large_batch_is_repeated_without_a_duplicate(telemetry_any):
    rows = b"\n".join(span(number, input_preview="x" * 300) for number in range(20_000))
    await telemetry_any.insert("spans", rows, token="large")
    await telemetry_any.insert("spans", rows, token="large")
    assert await count(telemetry_any) == 20_000
    assert await telemetry_any.query("SELECT sum(spans) AS n FROM traces", None, Count) == [Count(20_000)]


async def test_equal_rows_under_different_tokens_are_different_rows(telemetry_any):
    row = span()
    await telemetry_any.insert("spans", row, token="1")
    await telemetry_any.insert("spans", row, token="2")
    assert await telemetry_any.query("SELECT sum(spans) AS n FROM traces", None, Count) == [Count(2)]


async def test_what_follows_an_empty_line_in_rows_never_runs_as_sql(telemetry_any):
    await telemetry_any.insert("spans", span(1), token="1")
    with pytest.raises(QueryFailed):
        await telemetry_any.insert("spans", span(2) + b"\n\nSELECT 1; DROP TABLE spans", token="2")
    assert await count(telemetry_any) == 1


async def test_a_refused_row_is_named_without_what_it_says(telemetry_any, caplog):
    caplog.set_level(logging.DEBUG)
    with pytest.raises(QueryFailed, match=r"'spans': CANNOT_PARSE_\w+ \(\d+\), field 'start_time', row 2") as caught:
        await telemetry_any.insert("spans", span(1) + b"\n" + span(2, start_time="a secret", name="a secret"), token="1")
    assert caught.value.__cause__ is None
    assert "secret" not in str(caught.value) + caplog.text
    assert await count(telemetry_any) == 0


async def test_a_field_without_a_column_is_refused_by_name(telemetry_any):
    with pytest.raises(QueryFailed, match="field 'no_such_column'"):
        await telemetry_any.insert("spans", span(no_such_column=1), token="1")


async def test_times_may_be_iso_text(telemetry_any):
    now = datetime.now(UTC).isoformat(timespec="milliseconds")
    row = {"assessment_id": "a", "trace_id": TRACE, "name": "n", "created_at": now, "updated_at": now.replace("+00:00", "Z")}
    await telemetry_any.insert("assessments", msgspec.json.encode(row), token="1")
    [stored] = await telemetry_any.query("SELECT created_at AS a, updated_at AS b FROM assessments FINAL", None, dict)
    assert stored["a"] == stored["b"] == now.replace("T", " ").removesuffix("+00:00")


async def test_clickhouse_says_what_is_wrong_with_a_statement_in_its_own_words(telemetry_any):
    with pytest.raises(
        QueryFailed, match=r"^Code: 60\. DB::Exception: Unknown table expression identifier 'nothing'.*\(UNKNOWN_TABLE\)$"
    ) as caught:
        await telemetry_any.query("SELECT * FROM nothing", None, dict)
    assert (caught.value.number, caught.value.name) == (60, "UNKNOWN_TABLE")
    with pytest.raises(QueryFailed) as caught:
        await telemetry_any.command("ALTER TABLE spans NONSENSE")
    assert (caught.value.number, caught.value.name) == (62, "SYNTAX_ERROR")


async def test_a_statement_that_failed_leaves_the_client_usable(telemetry_any):
    for _ in range(8):
        with pytest.raises(QueryFailed):
            await telemetry_any.query("SELECT throwIf(1) AS n", None, Count)
    assert await count(telemetry_any) == 0


ENDLESS = "SELECT count() AS n FROM numbers(600) WHERE sleepEachRow(0.1) = 0 SETTINGS max_block_size = 1"


async def end(telemetry, queries: list[asyncio.Task]) -> None:
    """Some may begin after others were ended."""
    while (await asyncio.wait(queries, timeout=0.05))[1]:
        await telemetry.command("KILL QUERY WHERE query LIKE 'SELECT count() AS n FROM numbers(600)%' ASYNC")
    assert all(isinstance(query.exception(), QueryFailed) for query in queries)


async def test_writing_goes_on_at_once_beside_reading_and_the_event_loop_is_not_held(telemetry_any):
    slow = [asyncio.create_task(telemetry_any.query(ENDLESS, None, Count)) for _ in range(3)]
    await asyncio.sleep(0.05)
    await telemetry_any.insert("spans", span(), token="1")
    assert not any(query.done() for query in slow)
    await end(telemetry_any, slow)
    assert await count(telemetry_any) == 1


async def test_a_query_nobody_waits_for_any_more_harms_no_later_one(telemetry_any):
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            await telemetry_any.query("SELECT sleep(0.3) AS n", None, Count)
    assert await count(telemetry_any) == 0


async def test_a_closed_database_says_so(telemetry_any):
    await telemetry_any.close()
    await telemetry_any.close()
    with pytest.raises(TelemetryUnavailable, match="closed"):
        await count(telemetry_any)


async def test_opening_again_finds_what_was_stored(telemetry_settings):
    first = await storage.open_telemetry(telemetry_settings)
    await first.insert("spans", span(), token="1")
    await first.close()
    again = await storage.open_telemetry(telemetry_settings)
    assert await count(again) == 1
    await again.insert("spans", span(), token="1")
    assert await count(again) == 1, "a token is remembered over a restart"
    await again.close()


async def test_a_server_that_is_away_is_unavailable_and_its_password_is_not_told(free_port):
    dsn = Secret(f"clickhouse://someone:hunter2@127.0.0.1:{free_port}/db")
    with pytest.raises(TelemetryUnavailable, match=f"127.0.0.1:{free_port} is not available") as caught:
        await storage.open_telemetry(StorageSettings(clickhouse=dsn))
    assert "hunter2" not in str(caught.value)


async def test_a_wrong_password_is_unavailable_with_the_servers_reason(clickhouse_address):
    with pytest.raises(TelemetryUnavailable, match="Authentication failed") as caught:
        await storage.open_telemetry(StorageSettings(clickhouse=Secret(f"http://tidegate:hunter2@{clickhouse_address}/db")))
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize("dsn", ["nonsense", "mysql://u:hunter2@host/db", "clickhouse://", "clickhouse://u:hunter2@host:port/db"])
async def test_a_dsn_that_is_none_is_refused_without_being_quoted(dsn):
    with pytest.raises(SettingsError, match=r"^storage.clickhouse is not a DSN; write clickhouse://") as caught:
        await storage.open_telemetry(StorageSettings(clickhouse=Secret(dsn)))
    assert caught.value.__cause__ is None
    assert "hunter2" not in str(caught.value)


async def test_a_second_directory_in_one_process_is_refused_with_the_reason(chdb_home, tmp_path):
    with pytest.raises(TelemetryUnavailable, match="this process has another"):
        await storage.open_telemetry(StorageSettings(path=str(tmp_path)))


async def test_rows_on_their_way_leave_no_file_behind(telemetry, chdb_home, tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    await telemetry.insert("spans", span(), token="1")
    assert list(tmp_path.iterdir()) == []
    assert not list((chdb_home / "chdb").rglob("rows-*"))


async def test_where_memory_files_are_missing_a_temporary_file_serves_and_goes(telemetry, chdb_home, monkeypatch):
    monkeypatch.delattr(os, "memfd_create")
    await telemetry.insert("spans", span(), token="1")
    assert await count(telemetry) == 1
    assert not list((chdb_home / "chdb").rglob("rows-*"))


async def test_a_second_process_is_told_which_one_has_the_directory(telemetry, chdb_home):
    script = f"""
import asyncio, storage
from config.schema import StorageSettings
try:
    asyncio.run(storage.open_telemetry(StorageSettings(path={str(chdb_home)!r})))
except storage.errors.TelemetryUnavailable as error:
    print(error)
"""
    root = str(Path(storage.__file__).parents[1])
    answer = await asyncio.to_thread(subprocess.run, [sys.executable, "-c", script], capture_output=True, text=True, cwd=root)
    assert f"is in use by process {os.getpid()}; stop it, or give this one a directory of its own" in answer.stdout


def test_every_exception_of_the_driver_has_a_name_of_ours():
    connector = Server(Secret("clickhouse://u:p@host/db"))
    classes = [item for item in vars(exceptions).values() if isinstance(item, type) and issubclass(item, exceptions.ClickHouseError)]
    assert len(classes) > 10
    for foreign in classes:
        error = foreign() if foreign is exceptions.StreamClosedError else foreign("what happened")
        ours = translate(error, connector)
        assert isinstance(ours, TelemetryUnavailable if isinstance(error, exceptions.OperationalError) else QueryFailed)


@pytest.mark.parametrize("number", [241, 252, 243])
def test_what_may_succeed_later_is_unavailable_and_not_a_refusal(number):
    error = exceptions.DatabaseError(f"Code: {number}. DB::Exception: too much (version 26.9.2.1)", code=number, name="X")
    ours = translate(error, Server(Secret("http://host:8123")))
    assert isinstance(ours, TelemetryUnavailable)
    assert str(ours) == f"ClickHouse at host:8123 is not available: Code: {number}. DB::Exception: too much"
