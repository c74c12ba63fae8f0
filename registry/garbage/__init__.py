"""What was deleted long enough ago, removed for good: runs, logged models and experiments, with points, files and traces."""
