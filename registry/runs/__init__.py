"""Experiments and their runs, as MLflow's client logs them: params, metrics, tags, inputs, outputs."""
