"""Which file is read, and what a good one becomes."""

from pathlib import Path

import pytest

import config
from config import ConfigError


def test_without_a_file_the_fake_provider_alone_runs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    loaded = config.load_with_report(None, {})
    assert {name: provider.kind for name, provider in loaded.settings.providers.items()} == {"fake": "fake"}
    assert loaded.settings.routes == ()
    assert loaded.settings.judges == ()
    assert loaded.file is None
    assert loaded.sources == (Path("tidegate.yaml"),)


def test_an_explicit_path_wins_over_the_variable_and_the_variable_over_the_working_directory(written, tmp_path):
    written("server: {port: 1}")
    for name, port in (("variable", 2), ("explicit", 3)):
        (tmp_path / f"{name}.yaml").write_text(f"server: {{port: {port}}}")
    environ = {"TIDEGATE_CONFIG": "variable.yaml"}
    assert config.load(None, {}).server.port == 1
    assert config.load(None, environ).server.port == 2
    assert config.load(Path("explicit.yaml"), environ).server.port == 3


@pytest.mark.parametrize("content", [None, b"\xff\xfe\x00", "directory"])
def test_a_file_that_cannot_be_read_is_named_with_a_way_out(tmp_path, content):
    path = tmp_path / "absent.yaml"
    if content == "directory":
        path.mkdir()
    elif content is not None:
        path.write_bytes(content)
    with pytest.raises(ConfigError) as caught:
        config.load(path, {})
    assert str(path) in str(caught.value)
    assert "tidegate init" in str(caught.value)


@pytest.mark.parametrize("text", ["", "# nothing yet\n", "server:\nroutes:\njudges:\nproviders:\n", "---\n"])
def test_sections_may_be_empty(loaded, text):
    assert loaded(text).settings.server.port == 4242


def test_every_kind_of_value_arrives(loaded):
    settings = loaded(
        """
        server: {host: 0.0.0.0, port: 8080, public_url: https://llm.example}
        security: {api_keys: [env:TEAM], allow_private_addresses: true}
        storage: {clickhouse: env:DSN, blobs: s3://bucket/prefix, journal: {fsync: always}}
        telemetry: {seal_after: 1e1, otlp: {endpoint: "https://collector.example/v1/traces", headers: {authorization: env:TEAM}}}
        providers:
          local: {base_url: http://127.0.0.1:11434/v1, timeouts: {connect: 3}}
        routes:
          - {name: chat, targets: [{model: local/llama3, weight: 0.8}, {model: fake/echo}], fallbacks: [fake/lorem]}
        judges:
          - {name: tone, instructions: "{{ outputs }}?", model: chat, result: category, choices: [yes, no], sample: 0.5}
        """,
        {"TEAM": "key-of-the-team", "DSN": "clickhouse://u:p@h:8123/d"},
    ).settings
    assert settings.server.port == 8080
    assert settings.security.api_keys[0].reveal() == "key-of-the-team"
    assert settings.storage.clickhouse is not None
    assert settings.storage.clickhouse.reveal() == "clickhouse://u:p@h:8123/d"
    assert settings.telemetry.seal_after == 10.0
    assert settings.telemetry.otlp is not None
    assert settings.telemetry.otlp.headers["authorization"].reference == "env:TEAM"
    assert settings.providers["local"].timeouts.connect == 3
    assert settings.routes[0].targets[0].weight == 0.8
    assert settings.judges[0].choices == ("yes", "no"), "yes and no are words, as in YAML 1.2"


def test_aliases_and_merge_keys_share_what_is_written_once(loaded):
    providers = loaded(
        """
        providers:
          a: &base {base_url: http://a.example/v1, timeouts: {connect: 1}}
          b: {<<: *base, base_url: http://b.example/v1}
        """
    ).settings.providers
    assert providers["b"].base_url == "http://b.example/v1"
    assert providers["b"].timeouts == providers["a"].timeouts


def test_a_byte_order_mark_and_windows_line_ends_are_no_obstacle(tmp_path):
    path = tmp_path / "windows.yaml"
    path.write_bytes("\ufeffserver:\r\n  port: 1\r\n  prot: 2\r\n".encode())
    with pytest.raises(ConfigError) as caught:
        config.load(path, {})
    assert [(problem.line, problem.column) for problem in caught.value.problems] == [(3, 3)]


def test_the_example_works_as_it_is_and_warns_of_nothing(loaded):
    result = loaded(config.example_text())
    assert [route.name for route in result.settings.routes] == ["chat"]
    assert [judge.name for judge in result.settings.judges] == ["helpful"]
    assert result.warnings == ()


def test_the_lines_that_the_example_leaves_commented_out_work_too(loaded):
    lines = config.example_text().splitlines()
    text = "\n".join(
        line.replace("# ", "", 1) if line.strip().startswith(("# openai:", "# local:", "# - {model")) else line for line in lines
    )
    result = loaded(text, {"OPENAI_API_KEY": "k"})
    assert len(result.settings.routes[0].targets) == 3
    assert set(result.settings.providers) == {"fake", "local", "openai"}


def test_files_of_secrets_are_among_the_sources(loaded, tmp_path):
    (tmp_path / "key").write_text("secret-in-a-file\n")
    result = loaded("providers: {local: {base_url: http://a.example, api_key: file:key}}")
    assert result.settings.providers["local"].api_key.reveal() == "secret-in-a-file"
    assert [source.name for source in result.sources] == ["tidegate.yaml", "key"]


def test_arguments_win_over_variables_and_file(written):
    path = written("server: {port: 1}")
    environ = {"tidegate_server__port": "2"}
    assert config.load_with_report(path, environ).settings.server.port == 2
    assert config.load_with_report(path, environ, {"server.port": "3"}).settings.server.port == 3


def test_the_client_finds_the_server_of_this_machine_or_the_one_named():
    assert config.client_settings({}).url == "http://127.0.0.1:4242"
    assert config.client_settings({"TIDEGATE_SERVER__PORT": "4300"}).url == "http://127.0.0.1:4300"
    named = config.client_settings({"TIDEGATE_URL": "https://llm.example/", "TIDEGATE_API_KEY": "k", "TIDEGATE_WORKSPACE": "team-a"})
    assert (named.url, named.api_key.reveal(), named.workspace) == ("https://llm.example", "k", "team-a")
    with pytest.raises(ConfigError, match="TIDEGATE_URL"):
        config.client_settings({"TIDEGATE_URL": "llm.example"})


def test_a_file_that_is_larger_than_any_settings_is_refused_and_not_cut_off(tmp_path: Path):
    file = tmp_path / "tidegate.yaml"
    file.write_bytes(b"# " + b"x" * 16 * 1024 * 1024 + b"\nserver: {port: 1}\n")
    with pytest.raises(ConfigError, match=r"larger than 16 MiB"):
        config.load_with_report(file, {})


def test_a_file_that_is_not_utf_8_is_told_how_it_must_be_saved(tmp_path: Path):
    file = tmp_path / "tidegate.yaml"
    file.write_bytes(b"server: {host: \xff}\n")
    with pytest.raises(ConfigError, match=r"(?s)not UTF-8 text.*save it as UTF-8"):
        config.load_with_report(file, {})
