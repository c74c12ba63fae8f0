"""One store of named things whose versions have tags, and aliases that point at them: MCP servers and skills are kept in it."""
