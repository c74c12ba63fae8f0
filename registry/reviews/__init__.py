"""People's review of traces: the questions they are asked (label schemas), and what waits for whom (review queues)."""
