"""Artifacts: the files of runs and logged models.

They lie in the blob store under ``artifacts/`` and are named by ``mlflow-artifacts:/`` URIs. ``tree.py`` is the files, ``trees.py`` which tree
a URI means, ``roots.py`` where the files of a run begin; ``body.py`` is how bytes come over HTTP, ``transfer.py`` how they go.
"""
