"""What the caller may see and change, for our own API and the pages.

These are the services of the packages below, asked in the name of ``CALLER``; MLflow's endpoints have the gatekeeper for the same purpose.
``calls`` sends messages of MLflow's endpoints past that gatekeeper; the other modules decide for themselves what a name, a trace or a line
of a log needs. Where nobody has to sign in, everything is seen.
"""
