"""What should not stand in a text: where it is, and what to put in its place. Used before anything is stored, and by guardrails.

``patterns`` finds by regular expression, ``pii`` knows how personal data looks and asks maintained libraries whether a candidate is one,
``build`` makes detectors of settings, ``masking`` replaces what they found.
"""
