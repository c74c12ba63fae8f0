"""Logged models: what a run made and may be registered later, with params, tags, and metrics of its own."""
