"""A server in a thread over stores in memory, and one Chromium for the session."""

import asyncio
import importlib.util
import sys
import threading
from pathlib import Path

import pytest

from server.http.listener import Listener

CHROMIUM = Path("/usr/bin/chromium")


def _load_demo_app():
    """``tests/`` is no package (``importmode=importlib``), so its one shared module is loaded by path."""
    if "ui_demo_app" not in sys.modules:
        spec = importlib.util.spec_from_file_location("ui_demo_app", Path(__file__).with_name("demo_app.py"))
        sys.modules["ui_demo_app"] = module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
    return sys.modules["ui_demo_app"]


@pytest.fixture(scope="session")
def demo():
    return _load_demo_app()


class Served:
    """The demo app on a port of its own; ``traces`` is the store behind it."""

    def __init__(self, demo, traces):
        self.traces = traces
        self._app = demo.make_app(demo.make_services(traces))
        self._ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), daemon=True)
        self._thread.start()
        assert self._ready.wait(20)
        self.url = f"http://127.0.0.1:{self.port}"

    async def _serve(self):
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        listener = await Listener.open(self._app, "127.0.0.1", 0)
        self.port = listener.port
        self._ready.set()
        await self._stop.wait()
        await listener.close(1)

    def stop(self):
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(5)


@pytest.fixture(scope="session")
def site(demo):
    served = Served(demo, demo.MemoryTraces(demo.all_traces()))
    yield served
    served.stop()


@pytest.fixture
def empty_site(demo):
    served = Served(demo, demo.MemoryTraces())
    yield served
    served.stop()


@pytest.fixture(scope="module")
def browser():
    """Open for one module only: while it is, an event loop runs in this thread, and no other test can run one of its own."""
    if not CHROMIUM.exists():
        pytest.skip(f"there is no Chromium at {CHROMIUM}")
    from playwright.sync_api import sync_playwright

    arguments = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking"]
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=str(CHROMIUM), args=arguments)
        yield chromium
        chromium.close()


@pytest.fixture
def open_page(browser, request):
    """Opens pages that are watched: a console error, a page error or a request to another host fails the test."""
    contexts, faults = [], []

    def opened(url, **options):
        context = browser.new_context(viewport={"width": 1360, "height": 800}, **options)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda said: faults.append(said.text) if said.type in {"error", "warning"} else None)
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("request", lambda asked: faults.append(asked.url) if not asked.url.startswith(("http://127.0.0.1:", "data:")) else None)
        page.goto(url)
        page.wait_for_selector("[data-ready]", state="attached") if options.get("java_script_enabled", True) else None
        return page

    yield opened
    for context in contexts:
        context.close()
    assert faults == []
