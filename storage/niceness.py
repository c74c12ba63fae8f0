"""How far the store stands back for the gateway on a core that both want."""

import os
import sys
import threading
from typing import Final

__all__ = ("STORE", "step_aside", "step_back")

STORE: Final = 10
"""Of 0 to 19; at 10 a thread gets about a tenth of a core that is wanted by one of niceness 0."""


def step_aside() -> None:
    """Give the calling thread what nobody else wants of a core, and a three-hundredth of one that is wanted. See SCHED_IDLE in sched(7)."""
    if sys.platform == "linux":
        os.sched_setscheduler(threading.get_native_id(), os.SCHED_IDLE, os.sched_param(0))


def step_back(niceness: int) -> None:
    """Give the calling thread a niceness. On Linux each thread has its own, and hands it down to those it starts: chDB's have it too."""
    if sys.platform == "linux":
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), niceness)
