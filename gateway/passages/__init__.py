"""From the client's dialect to the target's and back.

Where both are the same, bytes pass as they are. Where they differ, a request is read into the neutral form and written again, and so is its
answer, whole or streamed. All that stands between a surface and a passage (routes, policies, spans) speaks the client's dialect.
"""

from gateway.passages.choosing import passage

__all__ = ("passage",)
