"""The loader meets anything, and answers with settings or with ``ConfigError``."""

import json
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec import inspect as mi

from config import ConfigError, Settings, load
from config.docs import structs
from config.environment import variable_names

KEYS = sorted({field.encode_name for struct in structs() for field in mi.type_info(struct).fields} | {"<<", "", "fake", "no such key"})
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.sampled_from(["fake/echo", "env:X", "file:x", "http://h", "openai"])
)
TREES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(KEYS) | st.text(), inner, max_size=6)
)
PRINTABLE = st.characters(blacklist_categories=["Cs", "Cc"])
VARIABLES = sorted(variable_names(mi.type_info(Settings)))
MANY = settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])


def outcome(path: Path, environ: dict[str, str]) -> Settings | str:
    """Settings, or the report; anything else raised fails the test."""
    try:
        return load(path, environ)
    except ConfigError as refusal:
        problems, report = refusal.problems, str(refusal)
    assert problems
    assert all(problem.message.startswith(problem.subject) for problem in problems)
    return report.encode().decode()


@MANY
@given(TREES)
def test_any_tree_is_settings_or_problems(tmp_path, tree):
    path = tmp_path / "tree.yaml"
    path.write_text(json.dumps(tree), encoding="utf-8")
    outcome(path, {})


@MANY
@given(st.text() | st.text(st.sampled_from("{}[]:,-&*!|>'\"%@`#\n a1<~?")))
def test_any_text_is_settings_or_problems(tmp_path, text):
    path = tmp_path / "text.yaml"
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    outcome(path, {})


@MANY
@given(st.dictionaries(st.sampled_from(VARIABLES) | st.text(PRINTABLE).map(lambda text: f"TIDEGATE_{text}"), st.text(), max_size=5))
def test_any_environment_is_settings_or_problems(tmp_path, environ):
    path = tmp_path / "empty.yaml"
    path.write_text("")
    outcome(path, environ)


NAMES = st.text("abcdefghijklmnopqrstuvwxyzABCXYZ0189_.-", min_size=1, max_size=20)
TIMES = st.floats(min_value=0.001, max_value=1e6)
PROVIDERS = st.fixed_dictionaries(
    {"kind": st.just("openai"), "base_url": st.just("http://up.example/v1")}, optional={"timeouts": st.fixed_dictionaries({"total": TIMES})}
)
TARGETS = st.lists(
    st.fixed_dictionaries({"model": st.just("fake/echo"), "weight": st.floats(min_value=0.01, max_value=100)}), min_size=1, max_size=3
)
ROUTES = st.lists(st.fixed_dictionaries({"name": NAMES, "targets": TARGETS}), max_size=3, unique_by=lambda route: route["name"])
GOOD = st.fixed_dictionaries(
    {},
    optional={
        "server": st.fixed_dictionaries({"port": st.integers(0, 65535), "host": NAMES}),
        "providers": st.dictionaries(NAMES.filter(lambda name: name != "fake"), PROVIDERS, max_size=3),
        "routes": ROUTES,
    },
)


@MANY
@given(GOOD)
def test_good_settings_come_back_as_they_were_written(tmp_path, tree):
    path = tmp_path / "good.yaml"
    path.write_text(json.dumps(tree), encoding="utf-8")
    found = load(path, {})
    written = msgspec.convert(tree, Settings)
    assert found.server == written.server
    assert found.routes == written.routes
    assert {name: provider for name, provider in found.providers.items() if name in written.providers} == written.providers


@MANY
@given(GOOD, st.sampled_from(["server", "routes"]))
def test_one_word_too_many_is_always_found_where_it_stands(tmp_path, tree, section):
    path = tmp_path / "wrong.yaml"
    path.write_text(json.dumps({**tree, f"{section}x": 1}, indent=1), encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        load(path, {})
    (problem,) = caught.value.problems
    assert problem.suggestion == section
    line = path.read_text(encoding="utf-8").split("\n")[problem.line - 1]
    assert line[problem.column - 1 :].startswith(f'"{section}x"')
