"""The pages in Chromium. Each test also fails on a console error, a CSP violation, or a request that leaves the server."""

import re

import pytest

from tests.ui.accessibility import FAULTS

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]


def address(page):
    return re.sub(r"^https?://[^/]+", "", page.url)


def test_choosing_a_filter_changes_the_address_and_back_restores_the_table(site, open_page):
    page = open_page(site.url + "/traces")
    page.select_option("select[name=model]", "claude-haiku-4-5")
    page.wait_for_url("**/traces?model=claude-haiku-4-5")
    assert set(page.locator("#rows .model").all_inner_texts()) == {"claude-haiku-4-5"}
    page.reload()
    assert page.locator("select[name=model]").input_value() == "claude-haiku-4-5"
    page.go_back()
    page.wait_for_url("**/traces")
    assert page.locator("select[name=model]").input_value() == ""


def test_an_expression_is_typed_with_the_keyboard_alone(site, open_page):
    page = open_page(site.url + "/traces")
    page.keyboard.press("/")
    page.keyboard.type("status = 'error'")
    page.keyboard.press("Enter")
    page.wait_for_url("**/traces?filter=*")
    assert page.locator("#rows .s-error").count() == page.locator("#rows tr[data-id]").count() > 0


def test_a_filter_that_hides_every_row_is_cleared_with_one_click(site, open_page):
    page = open_page(site.url + "/traces?model=nope")
    assert "model: nope" in page.locator("#empty").inner_text()
    page.click("#empty a")
    page.wait_for_url("**/traces")
    assert page.locator("#rows tr[data-id]").count() == 50


def test_j_k_and_enter_walk_the_table_and_then_the_traces(site, open_page):
    page = open_page(site.url + "/traces")
    ids = [row.get_attribute("data-id") for row in page.locator("#rows tr[data-id]").all()[:3]]
    for key in ("j", "j", "k", "j"):
        page.keyboard.press(key)
    assert page.locator("#rows tr.current").get_attribute("data-id") == ids[1]
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/traces/{ids[1]}")
    assert page.inner_text("#place") == "2 of 50"
    page.keyboard.press("j")
    page.wait_for_url(f"**/traces/{ids[2]}")
    page.keyboard.press("Escape")
    page.wait_for_url("**/traces")
    assert page.locator("#rows tr.current").get_attribute("data-id") == ids[2]


def test_traces_are_chosen_with_x_and_what_can_be_done_with_them_is_offered(site, open_page):
    page = open_page(site.url + "/traces")
    ids = [row.get_attribute("data-id") for row in page.locator("#rows tr[data-id]").all()[:2]]
    assert not page.locator("#chosen").is_visible()
    for key in ("j", "x", "j", "x"):
        page.keyboard.press(key)
    assert page.inner_text("#chosen-count") == "2 chosen"
    page.click("#chosen-compare")
    page.wait_for_url(f"**/traces/compare?a={ids[0]}&b={ids[1]}")
    page.go_back()
    page.wait_for_selector("#chosen-count:has-text('2 chosen')")
    page.click("#chosen button >> nth=0")
    page.wait_for_url(f"**/traces/selection?trace={ids[0]}&trace={ids[1]}")
    assert page.locator(".acts fieldset").count() == 4


def test_further_rows_come_as_one_scrolls(site, open_page):
    page = open_page(site.url + "/traces")
    for count in (100, 123):
        page.locator("#rows tr").last.scroll_into_view_if_needed()
        page.wait_for_function("count => document.querySelectorAll('#rows tr[data-id]').length === count", arg=count)
    assert page.locator(".more-row").count() == 0


def test_help_opens_and_closes_by_keyboard(site, open_page):
    page = open_page(site.url + "/traces")
    page.keyboard.press("?")
    assert page.locator("#help").is_visible()
    page.keyboard.press("j")
    assert page.locator("#rows tr.current").count() == 0
    page.keyboard.press("Escape")
    assert not page.locator("#help").is_visible()


def test_the_selected_span_is_in_the_address_and_survives_a_reload(site, open_page, demo):
    trace_id = demo.hexadecimal("agent", 32)
    page = open_page(f"{site.url}/traces/{trace_id}")
    page.locator("trace-tree .row", has_text="search_orders").click()
    page.wait_for_function("() => document.querySelector('#panel h2').textContent === 'search_orders'")
    page.wait_for_url("**span=*")
    page.keyboard.press("ArrowDown")
    page.wait_for_function("() => document.querySelector('#panel h2').textContent === 'vector_search'")
    page.click(".tabs >> text=Attributes")
    page.wait_for_url("**view=attributes*")
    page.reload()
    page.wait_for_selector("[data-ready]")
    assert page.inner_text("#panel h2") == "vector_search"
    assert "server.address" in page.inner_text("#panel")
    assert page.locator("trace-tree .row[aria-selected=true]").inner_text().startswith("vector_search")


def test_folding_hides_a_subtree_and_finding_opens_the_way(site, open_page, demo):
    page = open_page(f"{site.url}/traces/{demo.hexadecimal('agent', 32)}")
    assert page.locator("trace-tree .row").count() == 10
    page.locator("trace-tree .row", has_text="search_orders").locator(".fold").click()
    assert page.locator("trace-tree .row").count() == 8
    page.keyboard.press("/")
    page.keyboard.type("embed")
    page.keyboard.press("Enter")
    page.wait_for_function("() => document.querySelector('#panel h2').textContent === 'embed query'")
    assert page.locator("trace-tree .row").count() == 10


def test_a_trace_of_ten_thousand_spans_mounts_few_rows(site, open_page, demo):
    page = open_page(f"{site.url}/traces/{demo.hexadecimal('huge', 32)}")
    assert page.locator("trace-tree .row").count() < 80
    page.evaluate("() => { const rows = document.querySelector('trace-tree .rows'); rows.scrollTop = rows.scrollHeight; }")
    page.wait_for_selector("trace-tree .row >> text=step 9999")
    assert page.locator("trace-tree .row").count() < 80
    assert page.locator("*").count() < 1500


def test_the_first_run_page_turns_into_the_traces_by_itself(empty_site, open_page, demo):
    page = open_page(empty_site.url + "/")
    assert "Waiting for the first trace" in page.inner_text("main")
    empty_site.traces.stored = demo.all_traces()[:1]
    page.wait_for_url("**/traces", timeout=5000)
    assert page.locator("#rows tr[data-id]").count() == 1


def test_live_rows_arrive_without_a_reload(empty_site, open_page, demo):
    empty_site.traces.stored = demo.plain_traces(3)
    page = open_page(empty_site.url + "/traces?live=1")
    page.keyboard.press("j")
    kept = page.locator("#rows tr.current").get_attribute("data-id")
    empty_site.traces.stored = [demo.agent_trace(), *demo.plain_traces(3)]
    page.wait_for_selector(f"#t-{demo.hexadecimal('agent', 32)}", timeout=6000)
    page.keyboard.press("j")
    page.keyboard.press("k")
    assert page.locator("#rows tr.current").get_attribute("data-id") == kept


@pytest.mark.parametrize("view", ["view=chat", "view=chat&md=1", "view=raw", "view=attributes", "view=scores"])
def test_hostile_output_runs_nothing_and_loads_nothing(site, open_page, demo, view):
    page = open_page(f"{site.url}/traces/{demo.hexadecimal('hostile', 32)}?{view}")
    page.wait_for_timeout(300)
    assert page.evaluate("() => window.pwned") is None
    assert page.locator("#panel img, #panel iframe, #panel script, #panel style, #panel form[action^=http]").count() == 0


def test_the_policy_really_blocks_what_a_leak_would_bring(site, browser):
    context = browser.new_context()
    page = context.new_page()
    left = []
    page.on("requestfinished", lambda asked: left.append(asked.url) if "example" in asked.url else None)
    blocked = []
    page.on("requestfailed", lambda asked: blocked.append((asked.url, asked.failure)))
    page.goto(site.url + "/traces")
    page.evaluate("""() => {
        const leak = document.createElement("div");
        leak.innerHTML = '<img src="https://attacker.example/a.png" onerror="window.pwned=1"><b style="color:red" id="styled">x</b>';
        document.body.append(leak);
        const script = document.createElement("script");
        script.textContent = "window.pwned = 1";
        document.body.append(script);
    }""")
    page.wait_for_timeout(300)
    assert page.evaluate("() => window.pwned") is None
    assert page.evaluate("() => getComputedStyle(document.getElementById('styled')).color") != "rgb(255, 0, 0)"
    assert left == []
    assert blocked == [("https://attacker.example/a.png", "csp")]
    context.close()


def test_pages_work_without_javascript(site, open_page, demo):
    page = open_page(site.url + "/traces", java_script_enabled=False)
    page.fill("#filter", "model = 'gpt-4o-mini'")
    page.click("noscript button, .filters button")
    assert set(page.locator("#rows .model").all_inner_texts()) <= {"gpt-4o-mini", "gpt-4o-mini +1"}
    page.locator("#rows .name a", has_text="support_agent").click()
    page.click("trace-tree >> text=search_orders")
    assert page.inner_text("#panel h2") == "search_orders"
    page.click(".tabs >> text=Attributes")
    assert "server.address" in page.inner_text("#panel")


def test_the_theme_follows_the_system_until_somebody_chooses(site, open_page):
    page = open_page(site.url + "/traces", color_scheme="dark")
    background = "() => getComputedStyle(document.body).backgroundColor"
    assert page.evaluate(background) == "rgb(20, 23, 28)"
    page.click("#theme")
    assert page.evaluate(background) == "rgb(255, 255, 255)"
    page.reload()
    assert page.evaluate(background) == "rgb(255, 255, 255)"
    page.click("#theme")
    assert page.evaluate(background) == "rgb(20, 23, 28)"


PAGES = (
    "/traces", "/traces?filter=nonsense", "/traces?model=nope", "/traces/AGENT?view=scores", "/traces/HOSTILE", "/sessions/chat%2F42",
    "/experiments", "/experiments/1", "/experiments/1/scorers", "/experiments/1/issues", "/compare-runs?run=RUN", "/runs/RUN",
    "/runs/run/artifacts?file=long.txt", "/logged-models/m-1", "/models", "/models/ranker", "/mcp-servers", "/mcp-servers/com.example/weather", "/skills", "/skills/@acme/reviewer", "/prompts", "/prompts/support?v=3&base=1", "/judges",
    "/judges/helpful", "/datasets", "/datasets/d-1", "/queues", "/queues/rq-1", "/queues/rq-2", "/gateway", "/keys", "/users", "/webhooks", "/webhooks/wh-1",
    "/webhooks/deliveries/d-2", "/welcome",
)  # fmt: skip


@pytest.mark.timeout(300)
def test_everybody_can_use_every_page_at_any_width_in_both_themes(site, open_page, demo):
    """One page object for all of them: each goes on after the one before, as people do."""
    page = open_page(site.url + "/welcome")
    known = {"AGENT": demo.hexadecimal("agent", 32), "HOSTILE": demo.hexadecimal("hostile", 32), "RUN": f"{1:032x}"}
    faults = {}
    for path in PAGES:
        page.goto(site.url + re.sub("[A-Z]{3,}", lambda found: known[found[0]], path))
        page.wait_for_selector("[data-ready]", state="attached")
        found = []
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            found += [f"{scheme}: {fault}" for fault in page.evaluate(FAULTS)]
        for width in (390, 800, 1360):
            page.set_viewport_size({"width": width, "height": 800})
            if (beyond := page.evaluate("() => document.documentElement.scrollWidth - innerWidth")) > 0:
                found.append(f"{beyond} px wider than {width}")
        if found:
            faults[path] = found
    assert faults == {}


def test_a_queue_is_worked_through_with_the_keyboard_alone(site, open_page):
    page = open_page(site.url + "/queues/rq-1")
    assert "1 of 4" in page.locator(".position").inner_text()
    for key in ("1", "3", "4"):
        page.keyboard.press(key)
    assert page.locator("input:checked").evaluate_all("chosen => chosen.map(one => one.value)") == ["true", "kind", "curt"]
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert "2 of 4" in page.locator(".position").inner_text() and "1 of 4 reviewed" in page.locator(".heading").inner_text()
    with page.expect_navigation():
        page.keyboard.press("s")
    with page.expect_navigation():
        page.keyboard.press("ArrowLeft")
    assert "Put aside by reviewer" in page.locator("form.asked").inner_text()
    with page.expect_navigation():
        page.keyboard.press("Escape")
    assert address(page) == "/queues"


def test_tab_leads_through_a_page_and_shows_where_it_is(site, open_page):
    page = open_page(site.url + "/judges/helpful")
    visited = []
    for _ in range(60):
        page.keyboard.press("Tab")
        where = "() => [document.activeElement.outerHTML, getComputedStyle(document.activeElement).outlineStyle]"
        element, outline = page.evaluate(where)
        if element.startswith("<body") or element in visited[:1]:
            break
        assert outline != "none", element
        visited.append(element)
    assert len(visited) > 15 and len(visited) < 60


def test_nothing_moves_for_who_wants_it_still(empty_site, open_page):
    page = open_page(empty_site.url + "/", reduced_motion="reduce")
    assert page.evaluate("() => document.getAnimations().filter(one => one.playState === 'running').length") == 0


def test_times_are_in_the_zone_of_whoever_reads(site, open_page):
    page = open_page(site.url + "/keys", timezone_id="Asia/Tokyo", locale="en-GB")
    moment = page.locator("time[data-moment]").first
    assert "UTC" not in moment.inner_text() and "UTC" in moment.get_attribute("title")


def test_judges_own_traffic_is_shown_by_a_chip_and_hidden_again(site, open_page):
    page = open_page(site.url + "/traces?model=claude-haiku-4-5")
    page.click("#judge-traffic")
    page.wait_for_url("**/traces?model=claude-haiku-4-5&judges=1")
    assert page.inner_text("#judge-traffic") == "judge traffic: shown"
    page.click("#judge-traffic")
    page.wait_for_url("**/traces?model=claude-haiku-4-5")


def test_an_address_of_the_mlflow_client_is_followed(site, browser):
    context = browser.new_context()
    page = context.new_page()
    page.goto(site.url + "/#/experiments/3/runs/ab12")
    page.wait_for_url("**/experiments/3/runs/ab12")
    context.close()


def test_dragging_over_the_map_zooms_the_waterfall_and_the_address_keeps_it(site, open_page, demo):
    page = open_page(f"{site.url}/traces/{demo.hexadecimal('agent', 32)}")
    widths = "() => [...document.querySelectorAll('trace-tree .stick')].map(stick => parseFloat(stick.style.width))"
    whole = page.evaluate(widths)[0]
    box = page.locator("trace-tree .map").bounding_box()
    page.mouse.move(box["x"] + box["width"] * 0.25, box["y"] + 10)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.75, box["y"] + 10)
    page.mouse.up()
    assert page.evaluate(widths)[0] == pytest.approx(2 * whole, rel=0.05)
    page.locator("trace-tree .row", has_text="vector_search").click()
    page.wait_for_function("() => document.querySelector('#panel h2').textContent === 'vector_search'")
    page.wait_for_url(re.compile("span=.*t0=|t0=.*span="))
    page.reload()
    page.wait_for_selector("[data-ready]")
    assert page.evaluate(widths)[0] == pytest.approx(2 * whole, rel=0.05)
    page.locator("trace-tree .map").click()
    assert page.evaluate(widths)[0] == whole
    assert "t0=" not in page.url


def test_a_view_is_saved_by_name_found_again_and_forgotten(site, open_page):
    page = open_page(site.url + "/traces?status=error&order=-cost")
    page.click("#views summary")
    page.fill("#view-name", "dear failures")
    page.keyboard.press("Enter")
    page.goto(site.url + "/traces")
    page.click("#views summary")
    page.click("#views-list >> text=dear failures")
    page.wait_for_url("**/traces?status=error&order=-cost")
    page.click("#views summary")
    page.click("#views-list button")
    assert page.locator("#views-list li").count() == 0
    assert page.locator("#views-none").is_visible()


def test_a_list_is_gone_through_by_keyboard_past_the_head_of_the_page(site, open_page):
    page = open_page(site.url + "/experiments/1")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
    page.keyboard.press("Enter")
    for key in "jjkjx":
        page.keyboard.press(key)
    second = page.locator("main tbody tr").nth(1)
    assert page.evaluate("document.activeElement.closest('tr').rowIndex") == 2
    assert second.locator("input").is_checked()
    page.keyboard.press("Enter")
    page.wait_for_url("**/runs/*")
