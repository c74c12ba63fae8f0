"""What MLflow's pages ask in GraphQL: each field at the root is an endpoint of the table, so rules and answers are those of the endpoints.

To add a field at the root, write it and its types into ``schema.graphql``, and the message it stands for into ``ROOTS`` of ``engine.py``.
"""
