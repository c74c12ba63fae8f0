"""What the benchmark makes of what it saw."""

import asyncio
import io
import json
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from bench import streaming_upstream
from bench.bodies import Figures, table
from bench.load import parse
from bench.processes import at_rest
from bench.questions import QUESTIONS, request_body
from bench.report import summarise
from bench.selection import UnknownSystem, is_chosen, refuse_unknown
from bench.streams import Answer, lost, said
from bench.types import Sample

WRK = """Running 5s test
  Latency Distribution
     50%    4.78ms
     75%    5.10ms
     99%    1.20s
  9555 requests in 5.00s, 9.76MB read
  Non-2xx or 3xx responses: 3
  Socket errors: connect 1, read 0, write 0, timeout 2
Requests/sec:   1911.20
"""


async def streamed(words: int) -> bytes:
    """What the streaming upstream sends."""
    server = await asyncio.start_server(streaming_upstream.answer, "127.0.0.1", 0)
    reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
    body = json.dumps({"stream": True, "max_tokens": words, "temperature": 0}).encode()
    writer.write(b"POST / HTTP/1.1\r\ncontent-length: %d\r\n\r\n" % len(body) + body)
    answer = await reader.readuntil(b"\r\n0\r\n\r\n")
    writer.close()
    server.close()
    return answer


def test_wrks_report_is_read_in_milliseconds_and_whatever_failed_is_counted():
    assert parse(WRK) == Sample(requests_per_second=1911.2, p50_ms=4.78, p99_ms=1200.0, errors=6)


def test_a_report_without_a_rate_is_an_error_and_not_zero():
    with pytest.raises(ValueError, match="no rate"):
        parse("unable to connect")


@given(st.integers(0, 3000))
def test_a_streams_words_are_all_found_wherever_the_network_cuts_it(cut: int):
    answer = Answer()
    bytes_ = STREAM[: cut % len(STREAM)], STREAM[cut % len(STREAM) :]
    for piece in bytes_:
        answer.feed(piece)
    assert answer.whole
    assert lost(said(answer.body), 6) == 0


STREAM = asyncio.run(streamed(6))


@pytest.mark.parametrize(
    ("words", "missed"), [([], 3), (["w0 ", "w1 ", "w2 "], 0), (["w0 ", "w2 "], 2), (["w1 ", "w0 ", "w2 "], 2), (["w0 ", "w1 "], 1)]
)
def test_a_word_that_is_missing_or_out_of_place_is_missed(words: list[str], missed: int):
    assert lost(words, 3) == missed


def test_medians_are_taken_over_rounds_and_errors_added_up():
    rounds = [{1: Sample(requests_per_second=rate, p50_ms=rate, p99_ms=rate, errors=1)} for rate in (3.0, 1.0, 2.0)]
    summary = summarise("one", rounds, None, None)
    assert summary.samples[1] == Sample(requests_per_second=2.0, p50_ms=2.0, p99_ms=2.0, errors=3)


def test_each_question_is_of_the_size_that_its_name_says():
    sizes = {question: len(request_body("m", question)) for question in QUESTIONS}
    assert sizes["short"] < 500 and sizes["100 KB of text"] > 100 * 1024 and sizes["an image of 300 KB"] > 400 * 1024


def test_the_table_of_bodies_says_how_many_times_as_fast_we_are():
    rates = dict.fromkeys(QUESTIONS, 100.0)
    found = [
        Figures("tidegate (tracing on)", rates, dict.fromkeys(QUESTIONS, 1.0), 0),
        Figures("a peer", dict.fromkeys(QUESTIONS, 40.0), dict.fromkeys(QUESTIONS, 2.0), 0),
    ]
    console = Console(width=200, file=io.StringIO())
    console.print(table(found))
    other = next(line for line in console.file.getvalue().splitlines() if "a peer" in line)
    assert other.count("2.50") == len(QUESTIONS)


def test_a_system_that_is_asked_for_is_measured_or_the_user_is_told_what_there_is():
    names = ["tidegate (tracing on)", "tensorzero (Rust, tracing off)"]
    assert [name for name in names if is_chosen(name, ["TensorZero"])] == names[1:]
    refuse_unknown(["tidegate"], names)
    with pytest.raises(UnknownSystem, match="tensorzero"):
        refuse_unknown(["tidegate", "envoy"], names)


@pytest.mark.parametrize(
    ("program", "rests"), [("print(flush=True)\nwhile True: pass", False), ("import time; print(flush=True); time.sleep(60)", True)]
)
def test_whoever_still_works_is_not_at_rest(program: str, *, rests: bool):
    with subprocess.Popen(["sh", "-c", '"$0" "$@"; true', sys.executable, "-c", program], stdout=subprocess.PIPE) as shell:
        try:
            assert shell.stdout is not None
            shell.stdout.readline()  # it has started
            assert at_rest([shell.pid], 2.0 if not rests else 30.0) is rests
        finally:
            subprocess.run(["pkill", "-KILL", "-P", str(shell.pid)], check=True)
            shell.kill()
