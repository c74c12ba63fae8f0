"""Answers that are given again: to the same tenant, for the same request to the same model by the same route.

``keys`` says what is the same, ``directives`` what a client wants of a cache, ``entries`` what is kept, ``memory``, ``disk`` and ``redis_store``
where; ``replay`` tells a stream as a whole answer and the other way; ``semantic`` finds questions that mean nearly the same, and ``similar`` asks it.
``policy`` looks and keeps by the ``rules`` of a route, ``service`` outlives reloads.
"""
