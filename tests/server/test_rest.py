"""A server that nobody asks anything writes nothing, however much it looks after: whoever pays for its disk, or shares it, would notice."""

import time
from collections.abc import Callable

from tests.running import RunningServer
from tests.server.people import KEY
from tests.watching import IN_CREATE, IN_MODIFY, watching

MASTER = {"authorization": f"Bearer {KEY}"}
QUIET_SECONDS = 3.0


def written(happened: Callable[[], list[str]]) -> list[str]:
    """What was written since it was last asked. ClickHouse merges parts by itself, but makes none of rows that nobody gave it."""
    return [name for name in happened() if not name.startswith(("tmp_merge", "delete_tmp"))]


def come_to_rest(happened: Callable[[], list[str]]) -> list[str]:
    """Wait until what went before is stored, judged and written down, and say what that was."""
    seen: list[str] = []
    deadline = time.monotonic() + 20
    while last := written(happened):
        assert time.monotonic() < deadline, last
        seen += last
        time.sleep(1)
    return seen


def test_a_server_at_rest_writes_neither_to_its_databases_nor_to_the_journal(users_server: RunningServer):
    data, client = users_server.data, users_server.client
    tables = dict.fromkeys(data.glob("chdb/store/*/*"), IN_CREATE)
    hook = {"name": "rest", "url": "http://127.0.0.1:9/", "events": ["budget.exceeded"], "secret": "whsec-of-a-receiver-at-rest"}
    body = {"model": "fake/echo", "messages": [{"role": "user", "content": "then silence"}]}
    with watching({data: IN_MODIFY, data / "journal": IN_MODIFY | IN_CREATE, **tables}) as happened:
        made = client.post("/api/v1/webhooks", json=hook, headers=MASTER).raise_for_status().json()
        client.post("/v1/chat/completions", json=body, headers=MASTER).raise_for_status()
        time.sleep(1)
        seen = {name.partition("_")[0].rpartition(".")[2] for name in come_to_rest(happened)}
        assert seen == {"sqlite-wal", "seg", "cursor", "tmp"}, "all of them are watched"
        time.sleep(QUIET_SECONDS)
        assert written(happened) == []
    client.delete(f"/api/v1/webhooks/{made['webhook_id']}", headers=MASTER).raise_for_status()
