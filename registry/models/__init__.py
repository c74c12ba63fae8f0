"""The model registry: names, numbered versions, stages, aliases, tags, and the log of every move; prompts are kept in the same way."""
