"""Who holds a TCP port, and which one is free. Reads ``/proc`` where there is one; elsewhere the owner is not known."""

import errno
import ipaddress
import socket
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

__all__ = ("free_port", "is_free", "is_loopback", "next_free", "owner_of")

LISTENING: Final = "0A"


def is_free(host: str, port: int) -> bool:
    """Whether ``host:port`` can be bound now. Raises ``OSError`` when the reason it cannot is another than being in use."""
    with socket.socket(_family(host), socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                return False
            raise
    return True


def next_free(host: str, port: int) -> int | None:
    """The first free port among the hundred behind ``port``."""
    return next((candidate for candidate in range(port + 1, min(port + 101, 65536)) if is_free(host, candidate)), None)


def free_port(host: str = "127.0.0.1") -> int:
    """A port that is free now, chosen by the system."""
    with socket.socket(_family(host), socket.SOCK_STREAM) as probe:
        probe.bind((host, 0))
        return int(probe.getsockname()[1])


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach ``host``."""
    if host == "localhost":
        return True
    with suppress(ValueError):
        return ipaddress.ip_address(host).is_loopback
    return False


def owner_of(port: int) -> str | None:
    """``python (pid 4711)`` of the process that listens on ``port``, ``None`` when that cannot be seen."""
    wanted = {f"socket:[{inode}]" for inode in _listeners(port)}
    for process in Path("/proc").glob("[0-9]*") if wanted else ():
        with suppress(OSError):
            if any(str(link.readlink()) in wanted for link in (process / "fd").iterdir()):
                return f"{(process / 'comm').read_text().strip()} (pid {process.name})"
    return None


def _family(host: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in host else socket.AF_INET


def _listeners(port: int) -> Iterator[str]:
    """Inodes of the sockets that listen on ``port``: the tenth field of a line of ``/proc/net/tcp``."""
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        with suppress(OSError):
            for line in Path(table).read_text().splitlines()[1:]:
                fields = line.split()
                if fields[3] == LISTENING and int(fields[1].rpartition(":")[2], 16) == port:
                    yield fields[9]
