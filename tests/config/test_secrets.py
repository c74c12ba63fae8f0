"""A secret is where it is used, and nowhere else."""

import copy
import pickle
import traceback

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from config import ConfigError, Secret, load_with_report

KEY = "sk-live-3f9a77"


@pytest.mark.parametrize("show", [repr, str, "{}".format, "{!r}".format, lambda secret: f"{[secret]}", lambda secret: "%s" % secret])  # noqa: UP031
def test_no_way_of_printing_shows_it(show):
    assert KEY not in show(Secret(KEY))
    assert "env:NAME" in show(Secret(KEY, "env:NAME"))


@pytest.mark.parametrize(
    "serialise", [msgspec.json.encode, msgspec.msgpack.encode, msgspec.to_builtins, pickle.dumps, copy.copy, copy.deepcopy]
)
def test_it_has_no_serial_form(serialise):
    with pytest.raises(TypeError) as caught:
        serialise(Secret(KEY))
    assert KEY not in str(caught.value)


def test_it_equals_its_like_and_nothing_else():
    assert Secret(KEY, "env:A") == Secret(KEY, "env:B")
    assert hash(Secret(KEY)) == hash(Secret(KEY))
    assert Secret(KEY) != Secret("other")
    assert Secret(KEY) != KEY


def test_settings_show_the_reference_and_never_the_value(loaded):
    settings = loaded(
        f"providers: {{a: {{base_url: http://a.example, api_key: env:KEY, headers: {{x-team: {KEY}}}}}}}\nsecurity: {{api_keys: [{KEY}]}}",
        {"KEY": KEY},
    ).settings
    assert "env:KEY" in repr(settings)
    assert KEY not in repr(settings)
    with pytest.raises(TypeError):
        msgspec.json.encode(settings)


def test_a_literal_secret_is_warned_of_by_line_and_not_repeated(loaded):
    result = loaded(
        f"""\
        providers:
          a:
            base_url: http://a.example
            api_key: {KEY}
            headers: {{authorization: Bearer {KEY}, x-team: blue}}
        """
    )
    assert [(warning.path, warning.line) for warning in result.warnings] == [
        ("providers.a.api_key", 4),
        ("providers.a.headers.authorization", 5),
    ]
    assert KEY not in "".join(map(str, result.warnings)) + "".join(warning.render("warning") for warning in result.warnings)
    assert KEY not in repr(result)


@pytest.mark.parametrize(
    ("written_as", "words"),
    [
        ("env:GONE", "needs the environment variable GONE, which is not set"),
        ("env:EMPTY", "needs the environment variable EMPTY, which is empty"),
        ("'env:'", "names no environment variable"),
        ("file:/nowhere/key", "refers to 'file:/nowhere/key', which cannot be read: No such file or directory"),
        ("file:empty", "refers to 'file:empty', which is empty"),
        ("file:binary", "refers to 'file:binary', which is not a text file"),
        ('"file:a\\0b"', "refers to 'file:a\\x00b', which is not a text file"),
        ("''", "is empty"),
        ("$KEY", "is written as another tool's reference"),
        ("'${KEY}'", "is written as another tool's reference"),
        ("os.environ/KEY", "is written as another tool's reference"),
        ("'{{ KEY }}'", "is written as another tool's reference"),
        ("{env: KEY}", "must be a reference to a secret, not keys with values"),
        ("12345", "must be a reference to a secret, not a number"),
    ],
)
def test_a_reference_that_leads_nowhere_is_told(error_of, tmp_path, written_as, words):
    (tmp_path / "empty").write_text("\n")
    (tmp_path / "binary").write_bytes(b"\xff\xfe")
    error = error_of(f"providers: {{a: {{base_url: http://a.example, api_key: {written_as}}}}}", {"EMPTY": ""})
    assert [problem.message for problem in error.problems] == [f"providers.a.api_key {words}"]


@pytest.mark.parametrize(
    "text",
    [
        f"providers: {{a: {{api_key: {KEY}, bas_url: x}}}}",  # beside the mistake
        f"providers: {{a: {{api_key: {KEY}, api_key: {KEY}2}}}}",  # a second value of a key
        f"providers: {{a: {{apikey: {KEY}, headers: [{KEY}]}}}}",  # under a wrong key, in a wrong shape
        f"providers: {{a: {{api_key: [{KEY}]}}}}",
        f"providers: {{a: {{api_key: !secret {KEY}}}}}",
        f"storage: {{clickhouse: {KEY}}}",
        f"server: {{prot: 1}} # {KEY}",  # in a comment
        f"providers: {{a: {{base_url: 'http://me:{KEY}@a.example'}}}}",
        f"api_key: {KEY}\n  b: [",  # in a line that is no YAML
        f"- '{KEY}",
        f"security:\n  api_keys:\n    - {KEY}\n   - {KEY}",
        f"? [{KEY}]\n: 1",
        f"security: {{api_keys: ['{KEY}\n  more', 5]}}",
    ],
)
def test_no_error_repeats_a_secret_that_stands_near_it(error_of, text):
    error = error_of(text)
    shown = str(error) + repr(error) + repr(error.problems) + "".join(traceback.format_exception(error))
    assert KEY not in shown


@given(st.text("abcdefghijklmnopqrstuvwxyz0123456789-_", min_size=12, max_size=40).map(lambda text: f"k{text}"))
def test_whatever_the_secret_is_an_error_on_its_line_hides_it(tmp_path_factory, secret):
    path = tmp_path_factory.getbasetemp() / "literal.yaml"
    path.write_text(f"providers: {{a: {{api_key: '{secret}', tiemouts: 1}}}}\nsecurity: {{api_keys: [{secret}, {{}}]}}")
    with pytest.raises(ConfigError) as caught:
        load_with_report(path, {})
    assert secret not in str(caught.value)
    assert len(caught.value.problems) == 2
