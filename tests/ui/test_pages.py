"""Every page as HTML, without a browser."""

import re
from html.parser import HTMLParser

import msgspec
import pytest
from litestar.testing import TestClient

from server.ui.headers import SECURITY_HEADERS, is_same_origin
from storage.errors import TelemetryUnavailable


def tags_of(text):
    """Every start tag with its attributes, as a browser reads them."""
    found = []
    parser = HTMLParser()
    parser.handle_starttag = lambda tag, attributes: found.append((tag, dict(attributes)))
    parser.feed(text)
    assert found
    return found


@pytest.fixture(scope="module")
def traces(demo):
    """One store for all tests: ten thousand spans take longer to make than a page to show."""
    return demo.MemoryTraces(demo.all_traces())


@pytest.fixture(scope="module")
def client(demo, traces):
    with TestClient(demo.make_app(demo.make_services(traces))) as client:
        yield client


@pytest.fixture
def agent(demo):
    return demo.hexadecimal("agent", 32)


PAGES = ["/traces", "/welcome", "/prompts", "/prompts/support", "/prompts/support?v=3&base=1", "/prompts/summary", "/judges", "/judges/helpful", "/judges/tone", "/gateway", "/datasets", "/datasets/d-1", "/sessions/chat%2F42", "/experiments", "/experiments/1", "/experiments/1?filter=nonsense", "/experiments/1?x=params.depth&y=metrics.loss", "/experiments/1?filter=x&order=metrics.loss+DESC", f"/experiments/1/runs/{1:032x}", f"/runs/{2:032x}?path=model", f"/runs/{3:032x}?path=../..", f"/compare-runs?run={1:032x}&run={2:032x}", f"/ui/chart?key=loss&run={1:032x}&run={2:032x}", f"/ui/chart?key=none&run={1:032x}", "/logged-models/m-1", "/experiments/1/models/m-1", "/ui/lineage?of=model_version:ranker/2", "/models", "/models?filter=nonsense", "/models/ranker", "/models/ranker?v=1", "/models/ranker/versions/1", "/models/empty", "/mcp-servers", "/mcp-servers?filter=nonsense+%3D+1", "/mcp-servers?filter=rain", "/mcp-servers/com.example/weather", "/mcp-servers/com.example/weather?v=production", "/mcp-servers/com.example/weather?v=2.0.0-rc.1&cursor=3", "/mcp-servers/com.example/empty", "/skills", "/skills?filter=nonsense+%3D+1", "/skills/empty", "/skills/@acme/reviewer", "/skills/@acme/reviewer?v=production&path=scripts&file=SKILL.md", "/skills/@acme/reviewer?v=1", "/skills/@acme/reviewer?file=logo.svg", "/runs/run/artifacts", "/runs/run/artifacts?path=plots&file=plots/loss.svg", "/runs/run/artifacts?file=page.html"]  # fmt: skip
MISSING = [
    "/nothing",
    "/traces/" + "0" * 32,
    "/prompts/nope",
    "/prompts/support?v=9",
    "/judges/helpfull",
    "/sessions/none",
    "/models/none",
    "/mcp-servers/com.example/none",
    "/mcp-servers/com.example/weather?v=9.9.9",
    "/skills/none",
    "/skills/acme/reviewer",
    "/skills/@acme/reviewer?v=7",
    "/skills/@acme/reviewer?file=none.md",
    "/experiments/9",
    "/runs/none",
    "/logged-models/none",
    "/runs/none/artifacts",
    "/runs/run/artifacts?file=none",
]


@pytest.mark.parametrize("path", PAGES)
def test_every_page_answers_with_all_security_headers_and_nothing_inline(client, path):
    answer = client.get(path)
    assert answer.status_code == 200
    assert {name: answer.headers[name] for name in SECURITY_HEADERS} == dict(SECURITY_HEADERS)
    for tag, attributes in tags_of(answer.text):
        assert tag != "script" or "src" in attributes
        assert not [name for name in attributes if name == "style" or name.startswith("on")]


@pytest.mark.parametrize("path", MISSING)
def test_what_is_not_there_is_a_page_with_a_way_on_and_all_security_headers(client, path):
    answer = client.get(path)
    assert answer.status_code == 404
    assert 'class="button" href="/traces"' in answer.text
    assert answer.headers["content-security-policy"] == SECURITY_HEADERS["content-security-policy"]


@pytest.mark.parametrize("view", ["chat", "raw", "attributes", "events", "scores", "again", "nonsense"])
def test_every_view_of_every_span_renders(client, traces, demo, view):
    for name in ("agent", "hostile"):
        trace_id = demo.hexadecimal(name, 32)
        for span in traces._find(trace_id)[0].spans:
            for extra in ("", "&md=1"):
                assert client.get(f"/traces/{trace_id}?span={span.span_id}&view={view}{extra}").status_code == 200


def test_unknown_numbers_are_said_to_be_unknown(client):
    row = re.search(r'<tr id="t-[0-9a-f]+"(?:(?!</tr>).)*mystery-7b.*?</tr>', client.get("/traces").text, re.DOTALL)[0]
    assert row.count("—") == 2
    assert 'title="no price is known for this model"' in row


def test_estimated_tokens_and_sums_that_lack_something_are_marked(client, agent):
    text = client.get(f"/traces/{agent}").text
    assert "~2,104" in text
    assert "1 call without a known price is missing from this sum" in text


def test_interrupted_orphaned_and_rootless_data_are_labelled(client, traces, agent):
    spans = {span.name: span for span in traces._find(agent)[0].spans}
    assert "its process died" in client.get(f"/traces/{agent}?span={spans['write summary'].span_id}").text
    assert "is not stored. It may still arrive" in client.get(f"/traces/{agent}?span={spans['late worker'].span_id}").text
    rootless = next(trace for trace, _ in traces.stored if not trace.summary.root_seen)
    assert "The root span has not arrived" in client.get(f"/traces/{rootless.summary.trace_id}").text


def test_a_judgement_that_failed_is_no_verdict(client, agent):
    text = client.get(f"/traces/{agent}?view=scores").text
    assert "no verdict: the reply holds no verdict" in text
    assert "How it was judged" in text


def test_hostile_text_stays_text(client, demo):
    trace_id = demo.hexadecimal("hostile", 32)
    for path in (
        "/traces",
        f"/traces/{trace_id}?md=1",
        f"/traces/{trace_id}?view=raw",
        f"/traces/{trace_id}?view=attributes",
        f"/traces/{trace_id}?view=scores",
    ):
        for tag, attributes in tags_of(client.get(path).text):
            assert tag not in {"img", "iframe", "style"}
            assert tag != "script" or attributes["src"].startswith("/static/")
            assert attributes.get("hx-get") != "/ui/first-trace"
            assert not [name for name in attributes if name.startswith("on")]


def test_a_filter_error_points_at_its_place_and_gives_the_hint(client):
    text = client.get("/traces", params={"filter": "cost > 1 and modle = 'x'", "status": "error"}).text
    assert "cost &gt; 1 and <mark>m</mark>odle" in text
    assert "did you mean" in text
    assert client.get("/ui/traces", params={"filter": "modle = 'x'"}).status_code == 400


def test_pages_of_the_table_join_without_a_gap(client):
    seen, path = [], "/ui/traces"
    while path:
        text = client.get(path).text
        seen += re.findall(r'data-id="([0-9a-f]{32})"', text)
        following = re.search(r'hx-get="([^"]+)"', text)
        path = following and following[1].replace("&amp;", "&")
    assert len(seen) == len(set(seen)) == 123


def test_the_first_run_page_shows_this_address_and_flips_when_a_trace_comes(demo):
    store = demo.MemoryTraces()
    with TestClient(demo.make_app(demo.make_services(store))) as client:
        text = client.get("/").text
        assert "http://testserver.local/v1" in text
        assert "fake/echo" in text
        assert "hx-redirect" not in client.get("/ui/first-trace").headers
        store.stored = demo.all_traces()[:1]
        assert client.get("/ui/first-trace").headers["hx-redirect"] == "/traces"
        assert client.get("/", follow_redirects=False).headers["location"] == "/traces"


def test_no_secret_and_no_password_reaches_the_gateway_page(client):
    text = client.get("/gateway").text
    assert "env:OPENAI_API_KEY" in text
    assert "sk-do-not-show" not in text
    assert "hidden" not in re.sub(r"aria-hidden", "", text)


def test_feedback_is_kept_and_shown(client, agent):
    answer = client.post(f"/ui/traces/{agent}/feedback", data={"name": "correct", "verdict": "no", "comment": "wrong depot", "span": ""})
    assert answer.status_code == 200
    assert "wrong depot" in answer.text


@pytest.mark.parametrize(
    "headers", [{"sec-fetch-site": "cross-site"}, {"origin": "https://evil.example"}, {"sec-fetch-site": "same-site"}, {"origin": "null"}]
)
def test_feedback_from_another_site_is_refused(client, agent, headers, traces):
    before = len(traces._find(agent)[0].assessments)
    assert client.post(f"/ui/traces/{agent}/feedback", data={"verdict": "yes"}, headers=headers).status_code == 403
    assert len(traces._find(agent)[0].assessments) == before


def test_feedback_that_says_nothing_is_an_error_with_a_hint(client, agent):
    answer = client.post(f"/ui/traces/{agent}/feedback", data={"name": "x"})
    assert answer.status_code == 400
    assert "Choose yes or no" in answer.text


def test_a_client_that_is_no_browser_is_believed():
    assert is_same_origin({}, ["a:1"])
    assert is_same_origin({"origin": "http://a:1"}, ["a:1"])


def test_columns_of_the_tree_agree_and_orphans_lie_at_the_root(client, agent):
    columns = msgspec.json.decode(client.get(f"/ui/traces/{agent}/spans").content)
    lists = [columns[name] for name in ("id", "depth", "start", "length", "name", "kind", "status", "orphan")]
    assert {len(one) for one in lists} == {10}
    assert columns["depth"] == [0, 1, 1, 2, 3, 1, 1, 1, 1, 0]
    assert columns["orphan"] == [0] * 9 + [1]


def test_files_are_kept_for_good_under_their_build_and_checked_under_any_other(client):
    (address,) = re.findall(r'href="(/static/[^"]+app\.css)"', client.get("/traces").text)
    answer = client.get(address)
    assert "immutable" in answer.headers["cache-control"]
    assert client.get("/static/old/app.css").headers["cache-control"] == "no-cache"
    assert client.get("/static/old/app.css", headers={"if-none-match": answer.headers["etag"]}).status_code == 304


@pytest.mark.parametrize(
    "path", ["../views.py", "..%2fviews.py", "%2e%2e/views.py", "/etc/passwd", "vendor/../../views.py", "templates/base.html"]
)
def test_no_path_leaves_the_folder_of_static_files(client, path):
    assert client.get(f"/static/x/{path}").status_code == 404


@pytest.mark.parametrize(
    ("journal", "changes", "said"),
    [
        ({"last_error": "refused", "pending": 1200}, {}, "1,200 records wait in the journal"),
        ({"dropped": 7}, {}, "7 records were dropped"),
        ({}, {"config_error": "tidegate.yaml:3:1: no key 'rotues'\n  3 | rotues:"}, "no key &#39;rotues&#39;"),
        ({}, {"restart_needed": ("server.port",)}, "waiting for a restart: server.port."),
    ],
)
def test_trouble_is_said_on_every_page(demo, traces, journal, changes, said):
    condition = msgspec.structs.replace(demo.HEALTHY, journal=msgspec.structs.replace(demo.HEALTHY.journal, **journal), **changes)
    with TestClient(demo.make_app(demo.make_services(traces, condition))) as client:
        assert said in client.get("/traces").text
        assert said in client.get("/judges").text


def test_storage_that_does_not_answer_is_a_503_and_no_stack_trace(demo):
    class Away(demo.MemoryTraces):
        async def search(self, *args, **kwargs):
            raise TelemetryUnavailable("connection refused to clickhouse at 10.0.0.7")

    with TestClient(demo.make_app(demo.make_services(Away()))) as client:
        answer = client.get("/traces")
    assert answer.status_code == 503
    assert "kept in the journal" in answer.text
    assert "10.0.0.7" not in answer.text


def test_a_mistyped_address_names_the_page_that_was_meant(client):
    assert "Did you mean /prompts?" in client.get("/promts").text
    assert "Did you mean" not in client.get("/xyzzy").text
    assert "There is no judge" in client.get("/judges/helpfull").text


@pytest.mark.parametrize(("by", "link"), [("provider", "filter=provider%20%3D%20%27vendor"), ("route", "filter=route%20%3D%20%27vendor")])
def test_usage_is_grouped_by_what_the_address_says_and_leads_to_its_traces(client, by, link):
    page = client.get(f"/gateway?by={by}&range=7d").text
    assert f"<th>{by.capitalize()}</th>" in page
    assert link in page
    assert f'href="?by={by}&amp;range=1h"' in page


def test_runs_with_one_value_each_are_compared_by_bars(client):
    page = client.get(f"/ui/chart?key=final&run={1:032x}&run={2:032x}").text
    assert page.count('<progress class="share" max="0.25" value="0.25"') == 2 and "<svg viewBox" not in page
    assert "<svg viewBox" in client.get(f"/ui/chart?key=final&run={1:032x}").text


def test_usage_is_ordered_by_what_the_address_says_with_what_is_unknown_last(client):
    page = client.get("/gateway?order=cost&range=7d").text
    costs = re.findall(r"(\$[\d,.]+|—)</span>[^<]*</td></tr>", page)
    assert len(costs) > 2 and costs[-1] == "—" and "—" not in costs[:1]
    assert 'aria-sort="descending"><a href="?by=model&amp;range=7d&amp;order=cost"' in page


def test_who_signs_in_is_listed_with_roles_and_what_was_granted_to_them_alone(client):
    page = client.get("/users").text
    assert "administrator" in page and '<span class="tag">viewer</span>' in page
    assert "EDIT on experiment <code>7</code>" in page and "__user_" not in page


def test_the_time_to_the_first_token_stands_in_the_table_and_is_unknown_where_nothing_was_streamed(client):
    cells = re.findall(r'<td class="ttft number">(.*?)</td>', client.get("/traces").text)
    assert "—" in cells and any("ms" in cell or " s" in cell for cell in cells)


def test_a_file_of_a_run_is_looked_at_as_text_or_image_and_never_becomes_part_of_the_page(client):
    page = client.get("/runs/run/artifacts?file=page.html").text
    assert "&lt;script&gt;window.pwned=1&lt;/script&gt;" in page and "<script>window" not in page
    assert ("a", "/get-artifact?run_id=run&path=weights.bin") in [(tag, attributes.get("href")) for tag, attributes in tags_of(page)]
    image = client.get("/runs/run/artifacts?path=plots&file=plots/loss.svg").text
    assert ("img", "/get-artifact?run_id=run&path=plots%2Floss.svg") in [(tag, attributes.get("src")) for tag, attributes in tags_of(image)]
    assert "<path" not in image
    assert "The beginning only" in client.get("/runs/run/artifacts?file=long.txt").text
    assert "This kind of file is not shown here." in client.get("/runs/run/artifacts?file=weights.bin").text


def test_a_dataset_shows_its_examples_as_text_with_the_trace_that_each_came_from(client):
    text = client.get("/datasets/d-1").text
    assert "&lt;b&gt;Where&lt;/b&gt;" in text
    assert 'href="/traces/' in text
    assert "/datasets?page=next" in client.get("/datasets").text
    assert client.get("/datasets/d-2").status_code == 404


def test_the_notebook_frame_may_be_framed_runs_nothing_and_says_what_is_not_there(client, demo):
    known, unknown = demo.hexadecimal("hostile", 32), "0" * 32
    frame = client.get(
        f"/static-files/lib/notebook-trace-renderer/index.html?trace_id=tr-{known}&trace_id=tr-{unknown}&experiment_id=1&version=3.18.0"
    )
    policy = frame.headers["content-security-policy"]
    assert "frame-ancestors *" in policy and "script-src 'none'" in policy and "<script" not in frame.text
    assert f"tr-{unknown}</code> is not stored here" in frame.text and f"/traces/{known}" in frame.text
    assert "frame-ancestors 'none'" in client.get("/traces").headers["content-security-policy"]


def test_what_the_mlflow_client_prints_leads_to_the_page_of_the_same_thing(client):
    led = {
        "/experiments/7/traces?selectedEvaluationId=tr-ab12": "/traces/ab12",
        "/experiments/7/traces": "/traces?filter=experiment+%3D+%277%27",
        "/experiments/7/overview": "/experiments/7",
        "/experiments/7/evaluation-runs": "/experiments/7",
        "/experiments/7/evaluation-runs?selectedRunUuid=ab12": "/experiments/7/runs/ab12",
        "/experiments/7/judges": "/experiments/7/scorers",
        "/experiments/7/review-queue": "/queues",
        "/experiments/7/prompts": "/prompts",
    }
    for path, place in led.items():
        answer = client.get(path, follow_redirects=False)
        assert (answer.status_code, answer.headers["location"]) == (302, place)


def test_controls_and_marks_that_turn_text_round_are_seen_and_not_obeyed(client):
    page = client.get("/queues").text
    assert "\u202e" not in page and "\ufffdmore" in page


def test_a_prompts_versions_show_how_they_were_scored_and_unknown_is_never_zero(client):
    shown = client.get("/prompts/support").text
    table = shown[shown.index('aria-label="Scores by version"') :]
    rows = [" ".join(re.sub(r"<[^>]+>", " ", row).split()) for row in table[: table.index("</table>")].split("<tr")[2:]]
    assert [row.partition("> ")[2] for row in rows] == [
        "v3 14 92 % yes n 12 + 2 without verdict — + 14 without verdict —",
        "v2 8 — mean 0.74 n 8 —",
        "v1 41 55 % yes n 40 mean 0.61 n 40 &lt;b&gt;rude&lt;/b&gt; 5, kind 4 n 9",
    ]
    assert table.count('<figure class="chart">') == 2 and "0.55 to 0.91" in table
    assert "NaN" not in table  # the newest version has no figure: that is unknown, and no number
    assert "No trace that used this prompt has a score yet" in client.get("/prompts/summary").text


def test_the_playground_sends_a_prompt_version_and_shows_answer_and_trace(client, demo):
    form = client.get("/playground", params={"prompt": "summary", "v": "1"}).text
    names = {attributes.get("name") for tag, attributes in tags_of(form) if tag in {"textarea", "input", "select"}}
    assert {"variable.words", "variable.text", "model", "role", "content", "prompt", "version"} <= names
    sent = {"prompt": "summary", "version": "1", "variable.words": "3", "variable.text": "<b>long</b>", "role": "user", "content": ""}
    answer = client.post("/playground", data=sent).text
    assert f'href="/traces/{7:032x}"' in answer and "fake/echo" in answer and "&lt;b&gt;long&lt;/b&gt;" in answer and "<b>" not in answer


def test_the_playground_keeps_what_was_filled_in_when_it_cannot_be_sent(client):
    for sent, why in (
        ({"role": "user", "content": "Hello there"}, "Choose a model"),
        ({"role": "user", "content": " ", "model": "chat"}, "write a message"),
        ({"role": "tool", "content": "x", "model": "chat"}, "system, user, assistant"),
        ({"role": "user", "content": "Hello there", "model": "chat", "temperature": "hot"}, "temperature"),
    ):
        refused = client.post("/playground", data=sent)
        assert refused.status_code == 400 and why in refused.text
    assert "Hello there" in refused.text and 'value="hot"' in refused.text
    away = client.post("/playground", data={"role": "user", "content": "Hello there", "model": "fake/down"}).text
    assert "It is away." in away and "Hello there" in away


def test_the_playground_asks_again_what_a_span_was_asked(client, agent, demo):
    page = client.get(f"/traces/{agent}").text
    assert "/playground?trace=" in page or "/playground" in page
    assert client.get("/playground", params={"trace": agent}).status_code == 200
    assert client.get("/playground", params={"trace": agent, "span": "nothere"}).status_code == 404


def test_the_playground_takes_no_form_of_another_site(client):
    sent = {"role": "user", "content": "spend", "model": "chat"}
    assert client.post("/playground", data=sent, headers={"sec-fetch-site": "cross-site"}).status_code == 403


def test_a_megabyte_of_text_is_shown_by_its_beginning(client):
    answer = client.post("/playground", data={"role": "user", "content": "word " * 20_000, "model": "chat"}).text
    assert "50,010 more characters" in answer


@pytest.mark.parametrize("path", ["/mcp-servers", "/mcp-servers/com.example/weather", "/skills", "/skills/@acme/reviewer?file=SKILL.md"])
def test_what_mcp_servers_and_skills_say_of_themselves_is_text_and_leads_nowhere(client, path):
    text = client.get(path).text
    assert "onerror=alert(1)" in text and "<img src=x" not in text
    links = [value for _, attributes in tags_of(text) for name, value in attributes.items() if name in {"href", "src", "action"}]
    assert links and all(link.startswith(("/", "?", "#")) for link in links)
