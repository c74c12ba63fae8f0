"""The store process: ClickHouse, and the way from the journal into it, in a process of their own.

chDB computes in the process that loads it, and whatever runs there shares the interpreter with the gateway. In a process of its own, at a low
priority, it takes what the gateway leaves of the machine (docs/decisions/0010-store-process.md). ``messages`` is what the two say to each
other, ``child`` the store's side, ``parent`` the server's.
"""
