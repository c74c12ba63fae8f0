"""Bringing another MLflow over: what it holds is read on the user's machine, and stored here under the identifiers it has there.

``types.py`` is what travels.

Reading: ``mlflow_store.py`` a database of MLflow's (``mlflow_rows.py`` its rows), ``mlflow_server.py`` a tracking server
(``mlflow_answers.py`` its answers), ``mlflow_files.py`` a folder, ``files.py`` artifacts, ``moves.py`` which URIs change. Storing:
``routes.py``, ``service.py``, ``store.py``. Everything that is stored is stored once, however often it is sent, so an import that was
killed is started again.
"""
