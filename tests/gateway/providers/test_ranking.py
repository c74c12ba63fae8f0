"""Ranking in Cohere's form, by clouds that are asked in theirs."""

import json

import pytest

from gateway.errors import InvalidRequest
from gateway.passages.choosing import passage
from gateway.types import Inbound, Operation, Outbound, Resource
from gateway.wire.openai import RequestHead
from tests.cloud import Said, scripted_cloud
from tests.gateway.providers.test_clouds import bedrock, vertex

ASKED = {"model": "route", "query": "tide", "documents": ["low", {"text": "high"}], "top_n": 1, "return_documents": True}
BEDROCK = b'{"results":[{"index":1,"relevance_score":0.9}]}'
VERTEX = b'{"records":[{"id":"1","score":0.9}]}'
RANKER = "/v1/projects/p/locations/global/rankingConfigs/default_ranking_config:rank"


async def ranked(make, said: Said, model: str, on_unsupported: str = "drop", **more):
    inbound = Inbound(
        operation=Operation.RERANK, body=json.dumps(ASKED | more).encode(), headers=(), received_ns=0, started=0, resource=Resource()
    )
    async with scripted_cloud(lambda _: said) as cloud:
        provider = make(cloud)
        way = passage(provider, model, inbound, RequestHead(model="route"), {}, on_unsupported)
        request = Outbound(
            operation=Operation.RERANK,
            body=way.body,
            headers=(),
            stream=False,
            traceparent="00-1-2-01",
            model=model,
            resource=inbound.resource,
        )
        upstream = way.answered(await provider.send(request))
        body = json.loads(await upstream.read())
        await upstream.close()
        await provider.close()
    return cloud.sent[0], body, way.dropped


@pytest.mark.parametrize(
    ("make", "said", "model", "target", "sent"),
    [
        (
            bedrock, BEDROCK, "cohere.rerank-v3-5:0", "/model/cohere.rerank-v3-5%3A0/invoke",
            {"query": "tide", "documents": ["low", "high"], "top_n": 1, "api_version": 2, "max_tokens_per_doc": 9},
        ),
        (
            bedrock, BEDROCK, "amazon.rerank-v1:0", "/model/amazon.rerank-v1%3A0/invoke",
            {"query": "tide", "documents": ["low", "high"], "top_n": 1},
        ),
        (
            vertex, VERTEX, "semantic-ranker-default-004", RANKER,
            {"model": "semantic-ranker-default-004", "query": "tide", "topN": 1, "ignoreRecordDetailsInResponse": True,
             "records": [{"id": "0", "content": "low"}, {"id": "1", "content": "high"}]},
        ),
    ],
)  # fmt: skip
async def test_a_clouds_ranker_is_asked_in_its_form_and_answers_in_coheres(make, said, model, target, sent):
    request, body, dropped = await ranked(make, Said(pieces=(said,)), model, max_tokens_per_doc=9, priority=1)
    assert (request.target, json.loads(request.body)) == (target, sent)
    assert body["results"] == [{"index": 1, "relevance_score": 0.9, "document": {"text": "high"}}]
    assert dropped == (("priority",) if "cohere" in model else ("max_tokens_per_doc", "priority"))


async def test_a_clouds_error_is_told_in_the_clients_form_and_what_cannot_be_said_may_be_refused():
    refusal = Said(429, (b'{"error":{"code":429,"message":"Quota","status":"RESOURCE_EXHAUSTED"}}',))
    _, body, _ = await ranked(vertex, refusal, "semantic-ranker-fast-004")
    assert body["error"]["message"] == "Quota"
    with pytest.raises(InvalidRequest, match="'priority'"):
        await ranked(vertex, refusal, "semantic-ranker-fast-004", "error", priority=1)
    with pytest.raises(InvalidRequest, match="nothing to rank"):
        await ranked(vertex, refusal, "semantic-ranker-fast-004", documents=[])
    with pytest.raises(InvalidRequest, match="rerank"):
        await ranked(bedrock, refusal, "meta.llama3")
