"""What is published is what is read."""

import json
import re
from pathlib import Path

import jsonschema
import pytest
import yaml
from msgspec import inspect as mi

import config
from config.docs import field_docs, json_schema, settings_page, structs

DOCS = Path(__file__).parents[2] / "docs"
EXAMPLES = [
    pytest.param(text, id=f"{page.name}-{number}")
    for page in (DOCS.parent / "README.md", *sorted(DOCS.glob("*.md")))
    for number, text in enumerate(re.findall(r"^```yaml\n(.*?)^```", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL))
]
RENEW = "run: .venv/bin/python -c 'from pathlib import Path; from config.docs import publish; publish(Path(\"docs\"))'"


def test_the_published_schema_is_up_to_date():
    assert json.loads((DOCS / "tidegate.schema.json").read_text(encoding="utf-8")) == json_schema(), RENEW


def test_the_settings_page_is_up_to_date():
    assert (DOCS / "settings.md").read_text(encoding="utf-8") == settings_page(), RENEW


@pytest.mark.parametrize("struct", structs(), ids=lambda struct: struct.__name__)
def test_every_setting_says_what_it_means(struct):
    assert struct.__doc__
    assert set(field_docs(struct)) == {field.encode_name for field in mi.type_info(struct).fields}


def test_the_schema_describes_every_key_and_takes_secrets_as_text():
    definitions = json_schema()["$defs"]
    assert all("description" in key for definition in definitions.values() for key in definition["properties"].values())
    assert {"type": "string"}.items() <= definitions["SecuritySettings"]["properties"]["api_keys"]["items"].items()


@pytest.mark.parametrize(
    "text", [config.example_text(), "providers: {openai: {api_key: env:OPENAI_API_KEY}}", "telemetry: {seal_after: 1}"]
)
def test_the_schema_accepts_what_the_loader_accepts(text):
    jsonschema.validate(yaml.safe_load(text), json_schema(), jsonschema.Draft202012Validator)


@pytest.mark.parametrize("text", ["serer: {}", "server: {port: 70000}", "routes: [{name: a}]", "judges: [{name: 'a b'}]"])
def test_the_schema_refuses_what_the_loader_refuses(text, error_of):
    assert error_of(text).problems
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(yaml.safe_load(text), json_schema(), jsonschema.Draft202012Validator)


@pytest.mark.parametrize("text", EXAMPLES)
def test_every_example_in_the_documents_can_be_used_as_it_stands(loaded, text):
    key = "sk-0123456789abcdef"
    environ = dict.fromkeys(("OPENAI_API_KEY", "ANTHROPIC_API_KEY", "GROQ_API_KEY", *re.findall(r"env:(\w+)", text)), key)
    environ |= {
        "CLICKHOUSE_DSN": "clickhouse://user:password@host:8123/tidegate",
        "METADATA_URL": "postgresql+psycopg://user:password@host/tidegate",
        "REDIS_URL": "redis://host:6379",
    }
    assert loaded(text, environ).warnings == ()
