"""The proxy that an address is reached by, as the environment (on macOS and Windows also the system) says."""

import logging
from urllib.parse import urlsplit

from config.secrets import Secret

__all__ = ("proxy_for",)

logger = logging.getLogger(__name__)


def proxy_for(url: str) -> Secret | None:
    """What ``HTTPS_PROXY`` or ``HTTP_PROXY`` holds, unless ``NO_PROXY`` names the host; ``None``: no proxy.

    It is a secret as there may be a password in it. Proxies that are not spoken to over plain HTTP are not used, and the log says so.
    """
    from urllib.request import getproxies, proxy_bypass  # with an HTTP client, which those without a provider need not load

    parts = urlsplit(url)
    found = getproxies().get(parts.scheme)
    if not found or proxy_bypass(parts.netloc.rpartition("@")[2]):
        return None
    variable = f"{parts.scheme.upper()}_PROXY"
    if not found.startswith("http://") or not urlsplit(found).hostname:
        logger.warning("%s is not used: write http://host:port", variable)
        return None
    return Secret(found, f"env:{variable}")
