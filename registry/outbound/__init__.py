"""Requests to addresses that somebody gave us through an API: only to where such a request may go."""
