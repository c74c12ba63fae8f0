"""Secrets of MLflow's API as accounts: whole ones ask their vendor, and none reads a file, borrows the server's identity, or leads to another host."""

import json

import pytest

from gateway.providers import build
from registry.gateway_admin.accounts import account, lacking

AWS = {"aws_access_key_id": "a", "aws_secret_access_key": "s"}


def key(**members) -> dict[str, str]:
    return {
        "vertex_credentials": json.dumps(
            {"type": "service_account", "project_id": "p", "client_email": "a@b", "private_key": "k", **members}
        )
    }


@pytest.mark.parametrize(
    ("kind", "values", "auth"),
    [
        ("anthropic", {"api_key": "k"}, {}),
        ("gemini", {"api_key": "k"}, {}),
        ("bedrock", AWS, {"aws_region_name": "eu-west-1"}),
        ("bedrock", {"api_key": "k"}, {"aws_region_name": "eu-west-1"}),
        ("vertex", key(), {"vertex_location": "europe-west4"}),
        ("vertex", key(token_uri="https://oauth2.googleapis.com/token"), {}),
        ("azure", {"client_secret": "s"}, {"client_id": "c", "tenant_id": "t"}),
    ],
)
async def test_a_whole_secret_is_an_account_that_a_provider_is_built_of(kind, values, auth):
    base = "https://mine.openai.azure.com" if kind == "azure" else None
    settings = account(kind, "mine", values, auth, base)
    assert lacking(settings) == ""
    await build(f"{kind}:mine", settings).close()


@pytest.mark.parametrize(
    ("kind", "values", "auth", "word"),
    [
        ("bedrock", AWS, {}, "aws_region_name"),
        ("bedrock", {}, {"aws_region_name": "eu-west-1"}, "identity of the server"),
        ("bedrock", AWS, {"aws_region_name": "x.evil.example/"}, "region"),
        ("vertex", {}, {"vertex_project": "p"}, "identity of the server"),
        ("vertex", {"vertex_credentials": "/etc/server-key.json"}, {}, "not the JSON"),
        ("vertex", key(type="external_account"), {}, "service account"),
        ("vertex", key(token_uri="http://169.254.169.254/"), {}, "service account"),
        ("vertex", key(token_uri="https://googleapis.com.evil.example/"), {}, "service account"),
        ("vertex", key(), {"vertex_location": "x/../@evil"}, "region"),
        ("azure", {"api_key": "k"}, {}, "api_base"),
    ],
)
def test_a_secret_that_lacks_something_says_what_and_opens_nothing(kind, values, auth, word):
    assert word in lacking(account(kind, "mine", values, auth, None))
