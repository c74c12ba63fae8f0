"""Prompts: numbered versions of a text, names that move between them, and rendering."""
