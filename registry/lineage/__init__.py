"""Lineage: runs, logged models, versions, prompts, traces, judgements and evaluations as one graph of what came of what."""
