import _thread
import ast
import json
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import msgspec
import pytest

from server.cli import run
from server.cli.api import connect
from server.cli.demo import register_prompt
from tracing.types import Assessment, Cost, ScoreSummary, SpanContent, SpanView, Status, Trace, TracePage, TraceSummary, Usage

ROOT = Path(__file__).resolve().parents[2]
NOW = "2026-01-31T12:00:00.123456789Z"


@dataclass
class Scripted:
    """A server that gives the answers it was told, in order for each path, the last one again and again."""

    url: str = ""
    answers: dict[str, list[tuple[int, Any]]] = field(default_factory=dict)
    asked: list[tuple[str, str, dict[str, list[str]], Any, str | None]] = field(default_factory=list)

    def on(self, method: str, path: str, *bodies: Any, status: int = 200) -> None:
        self.answers[f"{method} {path}"] = [(status, body) for body in bodies]


@pytest.fixture
def scripted() -> Iterator[Scripted]:
    script = Scripted()

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            parts = urlsplit(self.path)
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            script.asked.append(
                (self.command, parts.path, parse_qs(parts.query), json.loads(body) if body else None, self.headers.get("authorization"))
            )
            waiting = script.answers.get(f"{self.command} {parts.path}") or [
                (404, {"error": {"code": "not_found", "message": "nothing here"}})
            ]
            status, value = waiting.pop(0) if len(waiting) > 1 else waiting[0]
            content = value if isinstance(value, bytes) else msgspec.json.encode(value)
            self.send_response(status)
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_PUT = do_DELETE = answer  # noqa: N815 - names of the base class

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    script.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield script
    server.shutdown()
    thread.join()
    server.server_close()


def summary(**changes: Any) -> TraceSummary:
    known: dict[str, Any] = {
        "trace_id": "a" * 32, "name": "chat fake/echo", "start_time": NOW, "end_time": NOW, "duration_ms": 1234.5, "status": Status.OK,
        "root_seen": True, "span_count": 1, "error_count": 0, "llm_calls": 1, "models": ["fake/echo"], "services": ["app"],
        "input_preview": "Where is it?", "output_preview": "There.", "input_tokens": 12, "output_tokens": 3, "usage_estimated": False,
        "cost": None, "unpriced_calls": 1, "ttft_ms": None, "session_id": "", "user_id": "", "tags": [], "prompt_name": "",
        "prompt_version": "", "route": "", "judge_name": "", "source": "gateway", "scores": [ScoreSummary(name="helpful", value=True)],
    }  # fmt: skip
    return TraceSummary(**{**known, **changes})


def span(span_id: str, parent: str | None, **changes: Any) -> SpanView:
    known: dict[str, Any] = {
        "trace_id": "a" * 32, "span_id": span_id, "parent_span_id": parent, "name": f"span {span_id}", "kind": "LLM", "otel_kind": "CLIENT",
        "status": Status.OK, "status_message": "", "error_type": "", "start_time": NOW, "end_time": NOW, "offset_ms": 0.0, "duration_ms": 50.0,
        "ttft_ms": None, "service_name": "", "scope_name": "", "source": "", "convention": "", "operation": "", "provider": "",
        "request_model": "echo", "response_model": "", "response_id": "", "finish_reasons": [], "is_streaming": False,
        "usage": Usage(input_tokens=7), "cost": Cost(total=Decimal("0.0012")), "session_id": "", "user_id": "", "tags": [], "agent_name": "",
        "tool_name": "", "tool_call_id": "", "prompt_name": "", "prompt_version": "", "run_id": "", "route": "", "judge_name": "",
        "input_preview": "", "output_preview": "", "attributes": {}, "resource": {}, "events": [], "links": [], "content": SpanContent(),
    }  # fmt: skip
    return SpanView(**{**known, **changes})


def test_traces_are_listed_with_unknown_cost_as_unknown(scripted, capsys):
    scripted.on("GET", "/api/v1/traces", TracePage(traces=[summary(), summary(trace_id="b" * 32, cost=Decimal("0.5"))]))
    assert run(["traces", "list", "--url", scripted.url, "--filter", "status = 'error'", "--limit", "5"]) == 0
    out = capsys.readouterr().out
    assert "a" * 32 in out
    assert "12→3" in out
    assert "—" in out
    assert "$0.500000 +?" in out
    assert "helpful yes" in out
    assert scripted.asked[0][2] == {"filter": ["(status = 'error') and judging = false"], "limit": ["5"]}


def test_a_mistake_in_a_filter_is_told_as_it_was_typed(scripted, capsys):
    assert run(["traces", "list", "--url", scripted.url, "--filter", "status ="]) == 2
    assert "the filter ends where a value was expected at position 8" in capsys.readouterr().err


def test_a_long_list_is_read_over_several_pages_and_json_is_whole(scripted, capsys):
    pages = [
        TracePage(traces=[summary(trace_id=f"{n:032x}") for n in numbers], next_cursor="more") for numbers in (range(200), range(200, 300))
    ]
    scripted.on("GET", "/api/v1/traces", *pages)
    assert run(["traces", "list", "--url", scripted.url, "--limit", "300", "--json"]) == 0
    assert len(json.loads(capsys.readouterr().out)["traces"]) == 300
    assert [asked[2].get("limit") for asked in scripted.asked] == [["200"], ["100"]]


def test_text_from_a_model_cannot_drive_the_terminal(scripted, capsys):
    hostile = "\x1b]0;owned\x07\x1b[2J[red]x[/red]\u202egnp.exe"
    scripted.on("GET", "/api/v1/traces", TracePage(traces=[summary(input_preview=hostile, name=hostile)]))
    assert run(["traces", "list", "--url", scripted.url]) == 0
    out = capsys.readouterr().out
    assert not {"\x1b", "\x07", "\u202e"} & set(out)
    assert "[red]x[/red]" in out


def test_a_trace_is_shown_as_a_tree_with_its_scores(scripted, capsys):
    judged = Assessment(
        assessment_id="1", trace_id="a" * 32, name="helpful", value=False, rationale="It evades.", source_type="LLM_JUDGE",
        judge_name="helpful", created_at=NOW, updated_at=NOW,
    )  # fmt: skip
    spans = [
        span("1", None, kind="AGENT"),
        span("2", "1", input_preview="Hello"),
        span("3", "gone", status=Status.ERROR, status_message="429"),
    ]
    scripted.on("GET", f"/api/v1/traces/{'a' * 32}", Trace(summary=summary(), spans=spans, assessments=[judged]))
    assert run(["traces", "show", "a" * 32, "--url", scripted.url]) == 0
    out = capsys.readouterr().out
    assert out.index("span 1") < out.index("└── ✓ LLM span 2") < out.index("span 3")
    for said in ("7→—", "$0.001200", "in Hello", "error 429", "helpful no", "It evades."):
        assert said in out


def test_a_missing_trace_ends_with_2_and_the_servers_own_words(scripted, capsys):
    body = {"error": {"code": "trace_not_found", "message": "there is no trace 'x'", "hint": "Ids have 32 digits."}}
    scripted.on("GET", "/api/v1/traces/x", body, status=404)
    assert run(["traces", "show", "x", "--url", scripted.url]) == 2
    caught = capsys.readouterr()
    assert caught.out == ""
    assert caught.err == "error: there is no trace 'x' (404 trace_not_found)\n  fix: Ids have 32 digits.\n"


def test_a_server_that_fails_ends_with_1(scripted, capsys):
    scripted.on("GET", "/api/v1/traces", b"<html>", status=502)
    assert run(["traces", "list", "--url", scripted.url]) == 1
    assert "502" in capsys.readouterr().err


def test_no_server_ends_with_3_and_says_how_to_start_one(free_port, capsys):
    assert run(["traces", "list", "--url", f"http://127.0.0.1:{free_port}"]) == 3
    assert "tidegate up" in capsys.readouterr().err


def test_something_else_that_listens_is_named_as_such(scripted, capsys):
    scripted.on("GET", "/api/v1/traces", {"hello": "world"})
    assert run(["traces", "list", "--url", scripted.url]) == 1
    assert "something else" in capsys.readouterr().err


@pytest.mark.parametrize("url", ["nonsense", "ftp://127.0.0.1", "http://"])
def test_a_url_that_is_none_ends_with_2(url, capsys):
    assert run(["traces", "list", "--url", url]) == 2
    assert "is not a URL" in capsys.readouterr().err


def test_the_key_comes_from_the_environment_and_goes_to_the_server_alone(scripted, monkeypatch, capsys):
    monkeypatch.setenv("TIDEGATE_API_KEY", "s3cret")
    monkeypatch.setenv("TIDEGATE_URL", scripted.url)
    scripted.on("GET", "/api/v1/traces", {"error": {"code": "unauthorized", "message": "the key is not known"}}, status=401)
    assert run(["traces", "list"]) == 2
    assert scripted.asked[0][4] == "Bearer s3cret"
    caught = capsys.readouterr()
    assert "TIDEGATE_API_KEY" in caught.err
    assert "s3cret" not in caught.err + caught.out


@pytest.mark.parametrize("arguments", [["nonsense"], ["traces", "lst"], ["traces", "list", "--limit", "0"], ["traces", "show"]])
def test_bad_usage_ends_with_2_and_names_the_help(arguments, capsys):
    assert run(arguments) == 2
    err = capsys.readouterr().err
    assert err.startswith("error: ")
    assert "--help" in err


def version_body(**changes: Any) -> dict[str, Any]:
    known = {
        "name": "support",
        "version": 3,
        "kind": "text",
        "template": "Hi {{ who }}",
        "messages": None,
        "variables": ["who"],
        "aliases": ["production"],
    }
    return {**known, "tags": {}, "commit_message": "shorter", "model": None, "created_by": "", "created_at": NOW, **changes}


def test_a_prompt_is_pushed_from_a_file(scripted, tmp_path, capsys):
    scripted.on("POST", "/api/v1/prompts", version_body(), status=201)
    file = tmp_path / "support.txt"
    file.write_text("Hi {{ who }}")
    arguments = ["--alias", "production", "-m", "shorter", "--tag", "team=a=b", "--model", "fake/echo"]
    assert run(["prompts", "push", "support", str(file), *arguments, "--url", scripted.url]) == 0
    assert capsys.readouterr().out == "support 3\n"
    sent = scripted.asked[0][3]
    assert (sent["template"], sent["aliases"], sent["tags"], sent["model"]) == (
        "Hi {{ who }}",
        ["production"],
        {"team": "a=b"},
        "fake/echo",
    )


def test_chat_messages_are_pushed_from_json_and_a_bad_file_is_told(scripted, tmp_path, capsys):
    scripted.on("POST", "/api/v1/prompts", version_body(), status=201)
    file = tmp_path / "chat.json"
    file.write_text('[{"role": "system", "content": "Be {{ tone }}"}]')
    assert run(["prompts", "push", "chat", str(file), "--url", scripted.url]) == 0
    assert scripted.asked[0][3]["messages"] == [{"role": "system", "content": "Be {{ tone }}"}]
    file.write_text('[{"role": "robot", "content": "x"}]')
    assert run(["prompts", "push", "chat", str(file), "--url", scripted.url]) == 2
    assert "chat.json" in capsys.readouterr().err


def test_a_prompts_text_goes_to_stdout_alone(scripted, capsys):
    scripted.on("GET", "/api/v1/prompts/support/versions/production", version_body())
    assert run(["prompts", "show", "support", "production", "--url", scripted.url]) == 0
    caught = capsys.readouterr()
    assert caught.out == "Hi {{ who }}\n"
    assert "support 3" in caught.err


def test_prompts_are_listed_over_pages(scripted, capsys):
    prompt = {"name": "a", "latest_version": 4, "aliases": {"production": 3}, "description": "", "created_at": NOW, "updated_at": NOW}
    scripted.on(
        "GET", "/api/v1/prompts", {"prompts": [prompt], "next_cursor": "a"}, {"prompts": [{**prompt, "name": "b"}], "next_cursor": None}
    )
    assert run(["prompts", "list", "--url", scripted.url]) == 0
    out = capsys.readouterr().out
    assert "production → 3" in out
    assert len(out.strip().splitlines()) == 4


def test_an_alias_is_moved_and_removed(scripted, capsys):
    scripted.on("PUT", "/api/v1/prompts/support/aliases/production", version_body())
    scripted.on("DELETE", "/api/v1/prompts/support/aliases/production", b"", status=204)
    assert run(["prompts", "alias", "support", "production", "3", "--url", scripted.url]) == 0
    assert run(["prompts", "alias", "support", "production", "--delete", "--url", scripted.url]) == 0
    assert run(["prompts", "alias", "support", "production", "--url", scripted.url]) == 2
    assert [asked[:2] for asked in scripted.asked] == [
        ("PUT", "/api/v1/prompts/support/aliases/production"),
        ("DELETE", "/api/v1/prompts/support/aliases/production"),
    ]


def progress(**changes: Any) -> dict[str, Any]:
    known = {
        "id": "r1",
        "judge_name": "helpful",
        "judge_version": "v",
        "state": "judging",
        "total": 3,
        "scored": 0,
        "failed": 0,
        "skipped": 0,
    }
    return {**known, "cost": None, "reason": "", **changes}


def test_a_judge_run_is_followed_to_its_end(scripted, capsys):
    scripted.on("POST", "/api/v1/judges/helpful/runs", progress(state="listing", total=0), status=202)
    scripted.on("GET", "/api/v1/judges/runs/r1", progress(scored=1), progress(state="done", scored=2, skipped=1, cost="0.25"))
    assert run(["judge", "run", "helpful", "--since", "2h", "--limit", "3", "--url", scripted.url, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["scored"] == 2
    assert scripted.asked[0][3] == {"since": "2h", "until": None, "limit": 3}


def test_a_judge_run_that_finds_nothing_says_why(scripted, capsys):
    scripted.on("POST", "/api/v1/judges/helpful/runs", progress(state="done", total=0, reason="no trace is at rest"), status=202)
    assert run(["judge", "run", "helpful", "--url", scripted.url]) == 0
    assert "Nothing to judge: no trace is at rest." in capsys.readouterr().err


def test_a_judge_run_with_failures_ends_with_1_after_its_summary(scripted, capsys):
    scripted.on("POST", "/api/v1/judges/helpful/runs", progress(state="done", scored=2, failed=1), status=202)
    assert run(["judge", "run", "helpful", "--url", scripted.url]) == 1
    caught = capsys.readouterr()
    assert "helpful" in caught.out
    assert "—" in caught.out
    assert "1 of 3 traces have no verdict" in caught.err


def test_an_interrupted_run_ends_with_130_and_says_how_to_go_on(scripted, capsys):
    scripted.on("POST", "/api/v1/judges/helpful/runs", progress(), status=202)
    scripted.on("GET", "/api/v1/judges/runs/r1", progress(scored=1))

    def interrupt() -> None:
        """Once the run is followed: sooner it would hit whatever this process does."""
        while not any(method == "GET" for method, *_ in scripted.asked):
            time.sleep(0.01)
        _thread.interrupt_main()

    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # a test process in the background may be told to ignore it
    try:
        threading.Thread(target=interrupt, daemon=True).start()
        assert run(["judge", "run", "helpful", "--url", scripted.url]) == 130
    finally:
        signal.signal(signal.SIGINT, before)
    assert "the server goes on with run r1" in capsys.readouterr().err.lower()


def test_a_second_demo_uses_the_prompt_that_is_there(scripted):
    scripted.on("POST", "/api/v1/prompts", {}, status=201)
    register_prompt(connect(scripted.url, None))
    scripted.on("GET", "/api/v1/prompts/demo-support/versions/production", {})
    register_prompt(connect(scripted.url, None))
    assert [method for method, *_ in scripted.asked] == ["GET", "POST", "GET"]


def test_judges_are_listed_with_what_is_not_known_as_unknown(scripted, capsys):
    judge = {"name": "helpful", "version": "v", "instructions": "x", "model": "fake/judge", "result": {"type": "boolean"}, "filter": None}
    stats = {"scored": 4, "failed": 1, "cost": None, "unpriced": 4, "mean": 0.75}
    scripted.on("GET", "/api/v1/judges", {"judges": [{"judge": judge, "stats": stats}]})
    assert run(["judge", "list", "--url", scripted.url]) == 0
    out = capsys.readouterr().out
    for said in ("helpful", "fake/judge", "boolean", "0.75", "—"):
        assert said in out
    assert run(["judge", "list", "--url", scripted.url, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["judges"][0]["stats"]["scored"] == 4


def test_init_writes_once_and_the_file_passes_the_check(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert run(["init"]) == 0
    assert run(["config", "check"]) == 0
    assert run(["init"]) == 2
    assert "--force" in capsys.readouterr().err
    (tmp_path / "tidegate.yaml").write_text("serve: {}")
    assert run(["config", "check"]) == 2
    assert "tidegate.yaml:1:1" in capsys.readouterr().err
    assert run(["config", "check", "--json"]) == 2
    assert json.loads(capsys.readouterr().out)["errors"][0]["line"] == 1
    assert run(["init", "--force"]) == 0


def test_the_schema_is_json(capsys):
    assert run(["config", "schema"]) == 0
    assert "port" in json.loads(capsys.readouterr().out)["$defs"]["ServerSettings"]["properties"]


def test_up_refuses_an_open_door_without_a_key(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert run(["up", "--host", "0.0.0.0", "--port", "0"]) == 2  # noqa: S104 - this is what is refused
    assert "--insecure" in capsys.readouterr().err


def test_up_refuses_an_open_door_with_a_key_that_can_be_guessed(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "tidegate.yaml").write_text("security: {api_keys: [env:SERVER_KEY]}")
    monkeypatch.setenv("SERVER_KEY", "sk-1234")
    assert run(["up", "--host", "0.0.0.0", "--port", "0"]) == 2  # noqa: S104 - this is what is refused
    told = capsys.readouterr().err
    assert "can be guessed" in told
    assert "sk-1234" not in told


def test_up_names_a_data_directory_that_cannot_be_used(tmp_path, free_port, capsys):
    (tmp_path / "file").touch()
    assert run(["up", "--port", str(free_port), "--data", str(tmp_path / "file" / "data")]) == 2
    err = capsys.readouterr().err
    assert f"the data directory {tmp_path}/file/data takes no files: Not a directory" in err
    assert "--data" in err


def test_up_names_who_holds_the_port_and_a_free_one(scripted, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    port = urlsplit(scripted.url).port
    assert run(["up", "--port", str(port)]) == 2
    err = capsys.readouterr().err
    assert f"port {port} is in use" in err
    assert "pid" in err
    assert "--port" in err


def test_doctor_reports_each_part_and_prints_no_key(scripted, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("OPENAI_API_KEY", "sk-never-shown")
    health = {"status": "degraded", "journal": {"pending": 4, "dropped": 2}, "storage_error": "it is away", "config_error": None}
    scripted.on("GET", "/health", health)
    scripted.on("GET", "/version", b"3.18.0+tidegate.0.1.0")
    assert run(["doctor", "--url", scripted.url, "--json"]) == 1
    caught = capsys.readouterr()
    states = {check["name"]: check["state"] for check in json.loads(caught.out)["checks"]}
    assert (states["version"], states["data"], states["server"], states["storage"], states["journal"]) == (
        "ok",
        "ok",
        "ok",
        "failed",
        "failed",
    )
    assert "sk-never-shown" not in caught.out + caught.err
    assert "env:OPENAI_API_KEY" in caught.out


def test_doctor_without_a_server_is_a_warning_with_its_fix(free_port, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert run(["doctor", "--url", f"http://127.0.0.1:{free_port}"]) == 0
    out = capsys.readouterr().out
    assert "▲ server" in out
    assert "fix: Start one with `tidegate up`" in out


def test_help_imports_nothing_that_is_slow():
    script = (
        "import sys; from server.cli import run; run(['--help']);"
        "print(sorted({'httpx', 'litestar', 'sqlalchemy', 'chdb', 'opentelemetry', 'yaml', 'httptools'} & set(sys.modules)), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stderr == "[]\n"
    assert "traces" in done.stdout


def test_a_server_starts_without_the_modules_of_other_commands():
    script = (
        "import sys, click; from server.cli import cli; cli.get_command(click.Context(cli), 'up');"
        "print(sorted(name for name in sys.modules if name.startswith('server.cli.')), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert "server.cli.up" in done.stderr
    assert not {"server.cli.bench", "server.cli.demo", "server.cli.traces"} & set(ast.literal_eval(done.stderr))


def test_the_version_is_printed(capsys):
    assert run(["version"]) == 0
    assert capsys.readouterr().out.startswith("tidegate ")
    assert run(["version", "--json"]) == 0
    assert set(json.loads(capsys.readouterr().out)) == {"tidegate", "python", "platform"}
