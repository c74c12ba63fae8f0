"""Who users are and what they may do: MLflow's users, roles and permissions, and tokens for programs.

``permissions`` says what a permission is, ``requirements`` what an endpoint needs, ``gatekeeper`` brings the two together for each request;
``index`` holds all of it in memory, so that a request asks no database.
"""
