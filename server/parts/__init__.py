"""The parts of the server, an area a file. Each builds its services of the ground and of parts before it.

What an upper package needs of a lower one is passed in here, and so is what a lower one needs of an upper one (the gateway wants prompts), behind
the lower one's own Protocol.
"""
