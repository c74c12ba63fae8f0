"""Rules about what is said, before a request is sent and before an answer goes out: block, mask, or warn.

``text`` finds the words in a body of any dialect, ``detectors/`` finds what should not be there, ``policy`` asks them. Nothing is skipped in
silence: what cannot be looked at as it passes is held back until it can, or refused.
"""
