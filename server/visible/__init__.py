"""What whoever asks may see and change, for our own API and the pages: the services of below, asked in the name of ``CALLER``.

MLflow's endpoints have the gatekeeper for this. Here ``calls`` sends messages of its endpoints past the same gatekeeper, and the rest says
for itself what a name, a trace or a line of a log needs. Where nobody has to sign in, everything is seen.
"""
