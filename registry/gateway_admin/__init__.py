"""MLflow's administration of the gateway: what is set up through its API, and what the gateway makes of it."""
