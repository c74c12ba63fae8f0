"""Requests of every kind against vendors that fail in every way, for as long as one likes, and at the end an account of each of them.

``make soak ARGS="--seconds 3600"`` runs it; the suite runs some seconds of it. ``plans`` draws what is asked, ``clients`` asks, ``reconcile``
compares what clients were told with what the server has written down, ``rig`` holds what runs.
"""
