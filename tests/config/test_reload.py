"""Settings that change while the server runs."""

import asyncio
import contextlib
import os
import signal
from pathlib import Path

import pytest

from config import ConfigError, Settings, Watcher, load_with_report, watch


class Server:
    """Remembers what it was told, as a server would."""

    def __init__(self) -> None:
        self.ports: list[int] = []
        self.errors: list[ConfigError] = []
        self.refusal: Exception | None = None

    async def apply(self, settings: Settings) -> None:
        if self.refusal:
            raise self.refusal
        self.ports.append(settings.server.port)

    async def refuse(self, error: ConfigError) -> None:
        self.errors.append(error)

    async def until(self, condition) -> None:
        async with asyncio.timeout(10):
            while not condition():
                await asyncio.sleep(0.02)


@contextlib.asynccontextmanager
async def watching(path: Path | None, environ=None, arguments=None):
    server = Server()
    watcher = Watcher(load_with_report(path, environ or {}, arguments), server.apply, server.refuse, environ or {})
    task = asyncio.create_task(watcher.run())
    await asyncio.sleep(0.2)
    try:
        yield server, watcher
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def test_a_saved_file_takes_effect(written):
    path = written("server: {port: 1}")
    async with watching(path) as (server, _):
        written("server: {port: 2}")
        await server.until(lambda: server.ports == [2])
        written("server: {port: 3}")
        await server.until(lambda: server.ports == [2, 3])


async def test_an_editor_that_replaces_the_file_is_noticed(written, tmp_path):
    path = written("server: {port: 1}")
    async with watching(path) as (server, _):
        (tmp_path / "swap").write_text("server: {port: 2}")
        (tmp_path / "swap").replace(path)
        await server.until(lambda: server.ports == [2])


async def test_a_link_that_is_swapped_is_noticed(tmp_path):
    """As Kubernetes does with a mounted ConfigMap."""
    for version, port in (("old", 1), ("new", 2)):
        (tmp_path / version).mkdir()
        (tmp_path / version / "tidegate.yaml").write_text(f"server: {{port: {port}}}")
    (tmp_path / "data").symlink_to("old")
    (tmp_path / "tidegate.yaml").symlink_to("data/tidegate.yaml")
    async with watching(tmp_path / "tidegate.yaml") as (server, _):
        (tmp_path / "data.new").symlink_to("new")
        (tmp_path / "data.new").replace(tmp_path / "data")
        await server.until(lambda: server.ports == [2])


async def test_a_bad_file_leaves_the_old_one_running_and_says_why(written):
    path = written("server: {port: 1}")
    async with watching(path) as (server, watcher):
        written("server: {prot: 2}")
        await server.until(lambda: server.errors)
        assert server.ports == []
        assert watcher.loaded.settings.server.port == 1
        assert server.errors[0].problems[0].suggestion == "port"
        written("server: {port: 3}")
        await server.until(lambda: server.ports == [3])


async def test_a_removed_file_does_not_bring_the_defaults_up(written):
    path = written("server: {port: 1}")
    async with watching(None) as (server, watcher):
        path.unlink()
        await server.until(lambda: server.errors)
        assert watcher.loaded.settings.server.port == 1
        assert server.ports == []


async def test_a_file_written_later_is_found(written, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    async with watching(None) as (server, _):
        written("server: {port: 2}")
        await server.until(lambda: server.ports == [2])


async def test_a_secret_that_is_rotated_in_its_file_takes_effect(written, tmp_path):
    (tmp_path / "secrets").mkdir()
    key = tmp_path / "secrets" / "key"
    key.write_text("old")
    path = written("security: {api_keys: [file:secrets/key]}")
    async with watching(path) as (server, watcher):
        key.write_text("new")
        await server.until(lambda: server.ports)
        assert watcher.loaded.settings.security.api_keys[0].reveal() == "new"


async def test_what_does_not_change_the_file_changes_nothing(written, tmp_path):
    path = written("server: {port: 1}")
    async with watching(path) as (server, _):
        (tmp_path / "other").write_text("x")
        os.utime(path)
        await asyncio.sleep(0.7)
        assert (server.ports, server.errors) == ([], [])


async def test_a_server_that_cannot_apply_them_keeps_the_old_ones_and_no_secret_leaks(written):
    path = written("server: {port: 1}")
    server = Server()
    watcher = Watcher(load_with_report(path, {}), server.apply, server.refuse, {})
    written("server: {port: 2}")
    server.refusal = RuntimeError("cannot connect with sk-live-3f9a77")
    assert not await watcher.reload()
    assert "could not be applied: RuntimeError" in str(server.errors[0])
    assert "sk-live" not in str(server.errors[0])
    assert watcher.loaded.settings.server.port == 1
    server.refusal = None
    assert await watcher.reload()
    assert server.ports == [2]


async def test_arguments_of_the_command_line_stay_on_top(written):
    path = written("server: {port: 1}")
    async with watching(path, arguments={"server.port": "9"}) as (server, _):
        written("server: {port: 2}")
        await server.until(lambda: server.ports)
        assert server.ports == [9]


@pytest.mark.skipif(not hasattr(signal, "SIGHUP"), reason="this system has no SIGHUP")
async def test_sighup_reads_again_though_nothing_changed(written):
    path = written("server: {port: 1}")
    server = Server()
    task = asyncio.create_task(watch(load_with_report(path, {}), server.apply, server.refuse, {}))
    await asyncio.sleep(0.2)
    os.kill(os.getpid(), signal.SIGHUP)
    await server.until(lambda: server.ports == [1])
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_a_file_that_was_emptied_leaves_what_runs_and_says_so(written):
    path = written("server: {port: 1}")
    async with watching(path) as (server, watcher):
        written("")
        await server.until(lambda: server.errors)
        assert "is empty" in str(server.errors[0])
        assert watcher.loaded.settings.server.port == 1
