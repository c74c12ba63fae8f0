"""Wire formats: shapes of the vendors' JSON and edits of JSON text. Nothing here does I/O."""
