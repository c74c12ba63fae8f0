"""``tidegate up --workers N``: gateway processes on one port, in front of the one core that has everything else.

``supervisor`` listens, starts both kinds and starts them again; ``core`` is the server behind a Unix socket, ``hub`` its side of the
line to the workers; ``worker`` is a gateway, ``line`` its side, ``front`` decides what it answers and ``forwarding`` sends the rest on.
The reasons are in docs/decisions/0016-workers.md.
"""
