"""What the demo sends: requests that show each thing the gateway does, to the built-in provider, so that nothing leaves the machine."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

import msgspec

if TYPE_CHECKING:
    import httpx

__all__ = ("PROMPT", "Sample", "Sent", "samples", "send")

PROMPT: Final = {
    "name": "demo-support",
    "messages": [
        {"role": "system", "content": "You answer customers of {{ shop }}. Be brief and kind."},
        {"role": "user", "content": "{{ question }}"},
    ],
    "aliases": ["production"],
    "commit_message": "The first text, sent by `tidegate demo`",
    "model": "fake/echo",
}

QUESTIONS: Final = (
    "Where is my parcel? It was due on Monday.",
    "Can I return shoes that I wore once?",
    "Which of your kettles is the quietest?",
    "Do you deliver to islands?",
    "My invoice shows the wrong address. What now?",
    "How do I descale the coffee machine?",
    "Is the blue jacket warm enough for snow?",
    "Write a haiku about returns.",
)


class Sample(msgspec.Struct, frozen=True, kw_only=True):
    """One request. ``fails``: an error is the point of it, or may be its answer, so no score is waited for."""

    title: str
    body: dict[str, Any]
    fails: bool = False


class Sent(msgspec.Struct, frozen=True, kw_only=True):
    """What came of it. ``trace_id`` is ``""`` when the answer named none."""

    sample: Sample
    status: int
    trace_id: str


def samples() -> Iterator[Sample]:
    """About twenty requests; the same each time."""
    yield from (Sample(title="question", body=_ask("fake/echo", text)) for text in QUESTIONS)
    yield from (Sample(title="stream", body=_ask("fake/lorem", text, stream=True, max_tokens=24)) for text in QUESTIONS[:4])
    yield from (Sample(title="conversation", body=_conversation(turns)) for turns in (2, 4))
    yield from (Sample(title="prompt", body=_prompted(text)) for text in QUESTIONS[:3])
    yield from (Sample(title="failure", body=_ask("fake/flaky", f"Fail with {code}"), fails=True) for code in ("!429", "!500"))
    yield Sample(title="unknown model", body=_ask("fake/none", "Is anybody there?"), fails=True)


def send(client: "httpx.Client", sample: Sample, headers: Mapping[str, str] | None = None) -> Sent:
    """Send one request and read its answer to the end, streamed or not."""
    with client.stream("POST", "/v1/chat/completions", json=sample.body, headers=dict(headers or {})) as answer:
        answer.read()
    return Sent(sample=sample, status=answer.status_code, trace_id=answer.headers.get("x-tidegate-trace-id", ""))


def _ask(model: str, text: str, **options: Any) -> dict[str, Any]:
    return {"model": model, "messages": [{"role": "user", "content": text}], **options}


def _conversation(turns: int) -> dict[str, Any]:
    roles = ("user", "assistant")
    said = [{"role": roles[number % 2], "content": QUESTIONS[number]} for number in range(turns)]
    return {
        "model": "fake/echo",
        "messages": [{"role": "system", "content": "You sell shoes."}, *said, {"role": "user", "content": "And now?"}],
    }


def _prompted(question: str) -> dict[str, Any]:
    return {"model": f"prompts:/{PROMPT['name']}@production", "prompt_variables": {"shop": "Harbour Goods", "question": question}}
