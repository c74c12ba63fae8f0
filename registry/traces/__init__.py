"""Traces and assessments as MLflow's client writes, reads and finds them; what is stored is ``tracing``'s."""
