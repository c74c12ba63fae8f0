"""Telling others what happened: webhooks, their outbox, and the delivery of what lies in it."""
