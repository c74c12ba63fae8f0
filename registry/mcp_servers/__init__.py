"""MCP servers: registered with versions, aliases and tags, and where they are reached."""
