"""What is asked: drawn at random, from everything a client can do and everything a vendor can do to it."""

import random
from dataclasses import dataclass
from typing import Literal

CONFIG = """
security: {{api_keys: [env:SERVER_KEY]}}
providers:
  openai: {{base_url: "{up}", api_key: env:UP_KEY, timeouts: {{first_byte: 0.8, between_chunks: 0.8, total: 5}}}}
  groq: {{base_url: "{up}", api_key: env:UP_KEY, timeouts: {{first_byte: 0.8, between_chunks: 0.8, total: 5}}}}
  anthropic: {{base_url: "{claude}", api_key: env:UP_KEY, timeouts: {{first_byte: 0.8, between_chunks: 0.8, total: 5}}}}
  clock: {{kind: openai, base_url: "{clock}"}}
  dead: {{kind: openai, base_url: "http://127.0.0.1:9/v1"}}
guardrails:
  - {{name: private, action: mask, detect: {{pii: [email, phone]}}}}
  - {{name: patient, on: [output], stream: hold, detect: {{words: [kraken]}}}}
  - {{name: shut, action: block, on: [input], detect: {{words: [leviathan]}}}}
limits:
  - {{name: all-requests, requests: 1000000000, window: month}}
  - {{name: all-tokens, tokens: 1000000000000, window: month}}
  - {{name: all-money, cost: 1000000, window: month}}
  - {{name: a-user, per: user, tokens: 1000000000000, window: day}}
routes:
  - {{name: plain, targets: [{{model: groq/llama-3.1-8b-instant}}]}}
  - {{name: claude, targets: [{{model: anthropic/claude-haiku-4-5}}]}}
  - {{name: kept, targets: [{{model: groq/llama-3.1-8b-instant}}], cache: {{ttl: 20}}}}
  - {{name: guarded, guardrails: [shut, private, patient], targets: [{{model: groq/llama-3.1-8b-instant}}], fallbacks: [anthropic/claude-haiku-4-5]}}
  - {{name: retried, targets: [{{model: groq/llama-3.1-8b-instant}}], retries: 2, retry_on: [429, 5xx, timeout, broken], backoff: {{base: 0.01, longest_wait: 0.05}}}}
  - {{name: saved, targets: [{{model: groq/llama-3.1-8b-instant}}, {{model: dead/one}}], fallbacks: [anthropic/claude-haiku-4-5, fake/echo], breaker: {{failures: 3, open: 0.2, longest: 1}}}}
  - {{name: raced, targets: [{{model: groq/llama-3.1-8b-instant}}], fallbacks: [anthropic/claude-haiku-4-5], hedge: {{after: 0.1}}, breaker: {{failures: 0}}}}
  - {{name: balanced, strategy: latency, targets: [{{model: groq/llama-3.1-8b-instant}}, {{model: groq/llama-3.3-70b-versatile}}, {{model: anthropic/claude-haiku-4-5}}], retries: 1}}
  - {{name: copied, targets: [{{model: groq/llama-3.1-8b-instant}}], shadows: [{{model: anthropic/claude-haiku-4-5, share: 0.3}}]}}
  - {{name: tight, targets: [{{model: groq/llama-3.1-8b-instant}}], limits: [{{name: few, requests: 30, window: minute}}]}}
"""
MODELS = ("plain", "claude", "kept", "guarded", "retried", "saved", "raced", "balanced", "copied", "tight")
FAULTS = ("!429", "!500", "!html", "!hang", "!cut", "!slow", "!silent", "!garbage", "!drip", "!stall", "!gone", "!context", "!filtered")
SAME = "same"
"""What all requests to the route with a cache ask, so that many are answered again, or wait for one another."""

Surface = Literal[
    "chat", "responses", "messages", "gemini", "completions", "embeddings", "passthrough", "upload", "openai-sdk", "anthropic-sdk"
]
SURFACES: tuple[Surface, ...] = (
    "chat",
    "responses",
    "messages",
    "gemini",
    "completions",
    "embeddings",
    "passthrough",
    "upload",
    "openai-sdk",
    "anthropic-sdk",
)
WEIGHTS = (6, 3, 4, 3, 1, 1, 1, 1, 1, 1)
Leaves = Literal["", "mid-body", "before the head", "mid-stream"]


@dataclass(frozen=True)
class Plan:
    """One request. ``name`` is the session that its trace is found by; ``key`` is which of the virtual keys it shows."""

    name: str
    surface: Surface
    model: str
    text: str
    stream: bool
    leaves: Leaves
    key: str


def drawn(number: int, chance: random.Random) -> Plan:
    model = chance.choice(MODELS)
    fault = chance.choice(FAULTS) if chance.random() < (0.2 if model == "kept" else 0.55) else ""
    words = chance.choice(("fine", "write to ada@example.org", "call +41 44 668 18 00", "leviathan" if model == "guarded" else "fine"))
    name = f"soak-{number}"
    surface = chance.choices(SURFACES, WEIGHTS)[0]
    leaves: Leaves = chance.choice(("mid-body", "before the head", "mid-stream")) if chance.random() < 0.15 else ""
    return Plan(
        name=name,
        surface=surface,
        model="nobody/nothing" if chance.random() < 0.01 else model,
        text=f"{fault} {SAME if model == 'kept' else f'{words} {name}'}",
        stream=chance.random() < 0.5,
        leaves=leaves if "sdk" not in surface else "",
        key=chance.choices(("ada", "bo", "narrow"), (5, 5, 1))[0],
    )
