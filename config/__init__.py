"""Settings: YAML and the environment in, frozen structs out. Nothing else in the project reads the environment.

``load`` is the way in, ``watch`` keeps what it gave up to date.
"""

from config.client import ClientSettings, client_settings
from config.errors import ConfigError, Problem
from config.load import FILE_NAME, Loaded, example_text, load, load_with_report
from config.reload import Watcher, watch
from config.schema import Settings
from config.secrets import Secret

__all__ = (
    "FILE_NAME",
    "ClientSettings",
    "ConfigError",
    "Loaded",
    "Problem",
    "Secret",
    "Settings",
    "Watcher",
    "client_settings",
    "example_text",
    "load",
    "load_with_report",
    "watch",
)
