"""Workspaces divide a server: names of experiments, models and prompts mean something else in each, and what is in one is not found in others.

``scope.py`` says which one a request is in, ``confined.py`` keeps it there, ``book.py`` knows them all, and which experiment is in which.
"""
