"""Providers that are there without being written down: ``fake`` always, and each vendor whose key stands in the environment.

To add a vendor, add its row to ``VENDORS``.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

import msgspec

from config.references import Unresolved, resolve
from config.schema import ProviderSettings
from config.secrets import Secret

__all__ = ("FAKE", "VENDORS", "Vendor", "known_providers", "with_vendors")

FAKE: Final = "fake"


class Vendor(msgspec.Struct, frozen=True):
    """One vendor's defaults, by the names its own SDK uses: https://github.com/openai/openai-python#usage ."""

    name: str
    base_url: str
    key_variable: str
    base_url_variable: str


VENDORS: Final = (Vendor("openai", "https://api.openai.com/v1", "OPENAI_API_KEY", "OPENAI_BASE_URL"),)


def known_providers(written: Mapping[str, object], environ: Mapping[str, str]) -> frozenset[str]:
    """Every name that stands before the slash of a model."""
    return frozenset({FAKE, *written, *(vendor.name for vendor in VENDORS if environ.get(vendor.key_variable))})


def with_vendors(written: Mapping[str, ProviderSettings], environ: Mapping[str, str]) -> dict[str, ProviderSettings]:
    """The written providers made whole, and those nobody has to write."""
    names = sorted(known_providers(written, environ))
    return {name: _completed(name, written.get(name), environ) for name in names}


def _completed(name: str, written: ProviderSettings | None, environ: Mapping[str, str]) -> ProviderSettings:
    if name == FAKE:
        return msgspec.structs.replace(written or ProviderSettings(), kind="fake", base_url=None, api_key=None)
    settings = written or ProviderSettings()
    if settings.kind == "fake" or settings.base_url is not None:
        # The environment's key belongs to the vendor: it must not travel to an address that somebody wrote into a file.
        return settings
    vendor = next((vendor for vendor in VENDORS if vendor.name == name), None)
    if vendor is None:
        return msgspec.structs.replace(settings, base_url=_default_of(settings.kind).base_url)
    base_url = environ.get(vendor.base_url_variable) or vendor.base_url
    return msgspec.structs.replace(settings, base_url=base_url, api_key=settings.api_key or _key(vendor, environ))


def _default_of(kind: str) -> Vendor:
    return next(vendor for vendor in VENDORS if vendor.name == kind)


def _key(vendor: Vendor, environ: Mapping[str, str]) -> Secret | None:
    found = resolve(f"env:{vendor.key_variable}", environ, Path())
    return None if isinstance(found, Unresolved) else found
