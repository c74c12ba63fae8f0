"""A small agent as an application would be: its own OpenTelemetry spans, and the gateway's spans within them, in one trace."""

import json
from typing import TYPE_CHECKING, Any, Final

from server.cli.demo.traffic import Sample, Sent

if TYPE_CHECKING:
    import httpx
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.trace import Tracer

__all__ = ("run_agents",)

TASKS: Final = ("What is the weather in Kiel?", "Is it raining in Bergen?", "Do I need a coat in Porto?")
TOOLS: Final = [
    {
        "type": "function",
        "function": {
            "name": "get_weather",
            "description": "The weather of a city.",
            "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
        },
    }
]


def run_agents(client: "httpx.Client", url: str, headers: dict[str, str]) -> list[Sent]:
    """Run the agent once for each task; gives one ``Sent`` for each trace."""
    provider = _provider(url, headers)
    try:
        return [_run(client, provider.get_tracer("tidegate.demo"), task) for task in TASKS]
    finally:
        provider.shutdown()


def _provider(url: str, headers: dict[str, str]) -> "TracerProvider":
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    made = TracerProvider(resource=Resource.create({"service.name": "demo-agent"}), shutdown_on_exit=False)
    made.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint=f"{url}/v1/traces", headers=headers)))
    return made


def _run(client: "httpx.Client", tracer: "Tracer", task: str) -> Sent:
    """Ask, call the tool that the model wants, ask again with what the tool said."""
    messages: list[dict[str, Any]] = [{"role": "user", "content": task}]
    attributes = {"gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": "weather", "gen_ai.input.messages": _said("user", task)}
    with tracer.start_as_current_span("invoke_agent weather", attributes=attributes) as span:
        said = _complete(client, messages)
        for call in said.get("tool_calls") or ():
            messages += [{"role": "assistant", "content": None, "tool_calls": [call]}, _call_tool(tracer, call)]
        final = _complete(client, messages) if len(messages) > 1 else said
        span.set_attribute("gen_ai.output.messages", _said("assistant", str(final.get("content") or "")))
        trace_id = format(span.get_span_context().trace_id, "032x")
    return Sent(sample=Sample(title="agent", body={}), status=200, trace_id=trace_id)


def _complete(client: "httpx.Client", messages: list[dict[str, Any]]) -> dict[str, Any]:
    from opentelemetry.propagate import inject

    carrier: dict[str, str] = {}
    inject(carrier)
    body = {"model": "fake/tools", "messages": messages, "tools": TOOLS}
    answer = client.post("/v1/chat/completions", json=body, headers=carrier).raise_for_status()
    message: dict[str, Any] = answer.json()["choices"][0]["message"]
    return message


def _call_tool(tracer: "Tracer", call: dict[str, Any]) -> dict[str, Any]:
    name, arguments = call["function"]["name"], call["function"]["arguments"]
    attributes = {
        "gen_ai.operation.name": "execute_tool",
        "gen_ai.tool.name": name,
        "gen_ai.tool.call.id": call["id"],
        "gen_ai.tool.call.arguments": arguments,
    }
    with tracer.start_as_current_span(f"execute_tool {name}", attributes=attributes) as span:
        result = json.dumps({"sky": "overcast", "celsius": 11})
        span.set_attribute("gen_ai.tool.call.result", result)
    return {"role": "tool", "tool_call_id": call["id"], "content": result}


def _said(role: str, text: str) -> str:
    """A message as the GenAI conventions have it: https://opentelemetry.io/docs/specs/semconv/gen-ai/gen-ai-spans/."""
    return json.dumps([{"role": role, "parts": [{"type": "text", "content": text}]}])
