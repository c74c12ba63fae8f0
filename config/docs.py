"""What is published about the settings: the JSON Schema for editors, the manual page. Both come from ``config.schema``.

``python -c 'from config.docs import publish; publish(Path("docs"))'`` is what ``make docs`` runs; a test compares the files with it.
"""
