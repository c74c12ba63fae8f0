"""Rules about what is said, before a request is sent and before an answer goes out: block, mask, or warn.

``text`` finds the words in a body of any dialect; ``detecting`` looks for what must not be among them (``tracing.detection``), in streams through
``window``; ``asking`` has a text judged as a whole by one of ``evaluating``; ``policy`` applies them. Nothing is skipped in silence: what cannot
be looked at as it passes is held back until it can, or refused.
"""
