"""What came of what: runs, logged models, versions, prompts, traces, judgements and evaluations, as one graph."""
