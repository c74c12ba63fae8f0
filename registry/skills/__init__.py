"""Skills of agents: registered by name and organization with numbered versions, whose files lie here or somewhere else."""
