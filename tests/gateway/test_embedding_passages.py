"""Embeddings that cross to a model of another vendor: what it has no word for is named, or refused where the route says so."""

import json

import pytest

from gateway.dialects.cohere.embed import CohereEmbeddings
from gateway.dialects.types import DialectName
from gateway.errors import InvalidRequest
from gateway.heads import head_of
from gateway.passages import passage
from gateway.types import Inbound, Operation
from tests.gateway.dialects.scripted import Vendor

GEMINI = {"requests": [{"content": {"parts": [{"text": "a"}]}, "taskType": "RETRIEVAL_QUERY"}]}
OPENAI = {"model": "m", "input": ["a"], "taskType": "RETRIEVAL_QUERY"}


class Embeds(Vendor):
    def embedding_dialect(self, model: str):
        return CohereEmbeddings()


def way(body: dict, dialect: DialectName, on_unsupported: str):
    inbound = Inbound(
        operation=Operation.EMBEDDINGS, body=json.dumps(body).encode(), headers=[], received_ns=1, started=1, dialect=dialect, model="m"
    )
    return passage(Embeds(DialectName.COHERE), "embed-v4.0", inbound, head_of(inbound), {}, on_unsupported)


@pytest.mark.parametrize(("body", "dialect"), [(OPENAI, DialectName.OPENAI_CHAT), (GEMINI, DialectName.GEMINI)])
def test_what_an_embedding_loses_is_named_or_refused_as_the_route_says(body: dict, dialect: DialectName):
    assert way(body, dialect, "drop").dropped == ("taskType",)
    with pytest.raises(InvalidRequest, match="'taskType'"):
        way(body, dialect, "error")
