"""Which settings wait for a restart."""

import pytest

from config import Secret
from config.restart import FIXED, restart_needed
from config.schema import JournalSettings as Journal
from config.schema import OtlpExportSettings, SecuritySettings, ServerSettings, Settings, StorageSettings, TelemetrySettings

STARTED = Settings()


@pytest.mark.parametrize(
    ("wanted", "keys"),
    [
        (Settings(), ()),
        (Settings(server=ServerSettings(port=4343, public_url="https://tides.example")), ("server.port",)),
        (Settings(storage=StorageSettings(path="./x", journal=Journal(max_bytes=2**21))), ("storage.path", "storage.journal.max_bytes")),
        (Settings(storage=StorageSettings(clickhouse=Secret("clickhouse://a"))), ("storage.clickhouse",)),
        (Settings(telemetry=TelemetrySettings(otlp=OtlpExportSettings(endpoint="http://c/v1/traces"))), ("telemetry.otlp",)),
        (Settings(security=SecuritySettings(allowed_hosts=("x",), sealing_key=Secret("k"))), ("security.sealing_key",)),
    ],
)
def test_only_what_was_opened_at_the_start_waits_for_a_restart(wanted: Settings, keys: tuple[str, ...]):
    assert restart_needed(STARTED, wanted) == keys


def test_a_setting_that_is_put_back_waits_no_longer():
    changed = Settings(server=ServerSettings(host="::1"))
    assert restart_needed(changed, changed) == ()
    assert restart_needed(changed, STARTED) == ("server.host",)


def test_every_fixed_key_exists():
    for path in FIXED:
        value: object = STARTED
        for name in path.split("."):
            value = getattr(value, name)
