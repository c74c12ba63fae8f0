"""Ceilings on requests, tokens and money: reserved before a request is sent, settled when it ends.

``ceilings`` turns settings into what is counted, ``demand`` says what a request may use, a ``ledger`` keeps the counters (in this process, or
in Redis), ``policy`` asks it, ``service`` keeps budgets through restarts.
"""
