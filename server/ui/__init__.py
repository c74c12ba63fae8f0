"""The web pages: rendered on the server, alive where they must be, readable without JavaScript.

``views.router(services)`` is all that the server mounts. One module a page under ``pages/``, one template of the same name under
``templates/``; what a page computes (chat, diff, formats, columns) is a pure function in a module of its own beside them.
"""
