"""One conversation, as each library writes it: a question, a tool, an answer, and the same figures, which must all be read alike."""

import json

import msgspec

from tracing.types import Attribute, SpanEvent

QUESTION = "When is high water in Bréhat?"
ANSWER = "At 07:41 and 20:05."


class Written(msgspec.Struct, frozen=True, kw_only=True):
    """A model call in one convention. It says: 120 input tokens of which 100 came from a cache, 30 output tokens."""

    attributes: dict[str, Attribute]
    events: tuple[SpanEvent, ...] = ()
    name: str = "call"


SAID = {
    "gen_ai.input.messages": json.dumps([{"role": "user", "parts": [{"type": "text", "content": QUESTION}]}]),
    "gen_ai.output.messages": json.dumps([{"role": "assistant", "parts": [{"type": "text", "content": ANSWER}]}]),
}

MODEL_CALLS: dict[str, Written] = {
    "gen_ai": Written(
        attributes={
            "gen_ai.operation.name": "chat",
            "gen_ai.provider.name": "openai",
            "gen_ai.request.model": "gpt-4o-mini",
            "gen_ai.usage.input_tokens": 120,
            "gen_ai.usage.output_tokens": 30,
            "gen_ai.usage.cache_read.input_tokens": 100,
            "gen_ai.conversation.id": "s-1",
            **SAID,
        }
    ),
    "gen_ai on an event": Written(
        attributes={
            "gen_ai.operation.name": "chat",
            "gen_ai.provider.name": "openai",
            "gen_ai.request.model": "gpt-4o-mini",
            "gen_ai.usage.input_tokens": "120",
            "gen_ai.usage.output_tokens": 30.0,
            "gen_ai.usage.cache_read.input_tokens": 100,
            "session.id": "s-1",
        },
        events=(SpanEvent(1, "gen_ai.client.inference.operation.details", {key: json.loads(value) for key, value in SAID.items()}),),
    ),
    "openinference": Written(
        attributes={
            "openinference.span.kind": "LLM",
            "llm.provider": "openai",
            "llm.model_name": "gpt-4o-mini",
            "llm.input_messages.0.message.role": "user",
            "llm.input_messages.0.message.contents.0.message_content.type": "text",
            "llm.input_messages.0.message.contents.0.message_content.text": QUESTION,
            "llm.output_messages.0.message.role": "assistant",
            "llm.output_messages.0.message.content": ANSWER,
            "llm.token_count.prompt": 120,
            "llm.token_count.completion": 30,
            "llm.token_count.prompt_details.cache_read": 100,
            "input.value": '{"model": "gpt-4o-mini"}',
            "input.mime_type": "application/json",
            "session.id": "s-1",
        }
    ),
    "openllmetry": Written(
        attributes={
            "llm.request.type": "chat",
            "gen_ai.system": "OpenAI",
            "gen_ai.request.model": "gpt-4o-mini",
            "gen_ai.prompt.0.role": "user",
            "gen_ai.prompt.0.content": QUESTION,
            "gen_ai.completion.0.role": "assistant",
            "gen_ai.completion.0.content": ANSWER,
            "gen_ai.usage.prompt_tokens": 120,
            "gen_ai.usage.completion_tokens": 30,
            "gen_ai.usage.cache_read_input_tokens": 100,
            "traceloop.association.properties.session_id": "s-1",
        }
    ),
    "events of 2025": Written(
        attributes={
            "gen_ai.operation.name": "chat",
            "gen_ai.system": "openai",
            "gen_ai.request.model": "gpt-4o-mini",
            "gen_ai.usage.input_tokens": 120,
            "gen_ai.usage.output_tokens": 30,
            "gen_ai.usage.details.cache_read_tokens": 100,
            "session.id": "s-1",
        },
        events=(
            SpanEvent(1, "gen_ai.user.message", {"content": QUESTION}),
            SpanEvent(2, "gen_ai.choice", {"index": 0, "message": json.dumps({"role": "assistant", "content": ANSWER})}),
        ),
    ),
    "mlflow": Written(
        attributes={
            "mlflow.spanType": '"CHAT_MODEL"',
            "mlflow.llm.model": '"gpt-4o-mini"',
            "mlflow.llm.provider": '"openai"',
            "mlflow.spanInputs": json.dumps({"messages": [{"role": "user", "content": QUESTION}]}),
            "mlflow.spanOutputs": json.dumps({"choices": [{"message": {"role": "assistant", "content": ANSWER}}]}),
            "mlflow.chat.tokenUsage": json.dumps({"input_tokens": 120, "output_tokens": 30, "cache_read_input_tokens": 100}),
            "mlflow.trace.session": '"s-1"',
        }
    ),
    "mlflow, encoded twice": Written(
        attributes={
            "mlflow.spanType": json.dumps('"LLM"'),
            "mlflow.llm.model": json.dumps('"gpt-4o-mini"'),
            "mlflow.llm.provider": json.dumps('"openai"'),
            "mlflow.spanInputs": json.dumps(json.dumps({"messages": [{"role": "user", "content": QUESTION}]})),
            "mlflow.spanOutputs": json.dumps(json.dumps(ANSWER)),
            "mlflow.chat.tokenUsage": json.dumps(json.dumps({"input_tokens": 120, "output_tokens": 30, "cache_read_input_tokens": 100})),
            "mlflow.trace.session": json.dumps('"s-1"'),
        }
    ),
    "langfuse": Written(
        attributes={
            "langfuse.observation.type": "generation",
            "langfuse.observation.model.name": "gpt-4o-mini",
            "gen_ai.provider.name": "openai",
            "langfuse.observation.input": json.dumps([{"role": "user", "content": QUESTION}]),
            "langfuse.observation.output": ANSWER,
            "langfuse.observation.usage_details": json.dumps({"input": 20, "input_cached_tokens": 100, "output": 30, "total": 150}),
            "session.id": "s-1",
        }
    ),
    "vercel": Written(
        attributes={
            "ai.operationId": "ai.streamText.doStream",
            "ai.model.provider": "openai.responses",
            "ai.model.id": "gpt-4o-mini",
            "gen_ai.system": "openai.responses",
            "gen_ai.request.model": "gpt-4o-mini",
            "gen_ai.usage.input_tokens": 120,
            "gen_ai.usage.output_tokens": 30,
            "ai.usage.cachedInputTokens": 100,
            "ai.prompt.messages": json.dumps([{"role": "user", "content": [{"type": "text", "text": QUESTION}]}]),
            "ai.response.text": ANSWER,
            "ai.telemetry.metadata.sessionId": "s-1",
        }
    ),
}
