"""The YAML file, read with positions, checked, turned into a routing model."""

from softswitch.configuration.errors import ConfigurationError
from softswitch.configuration.load import Loaded, load, parse
from softswitch.configuration.settings import Limits, Listener, Settings

__all__ = ["ConfigurationError", "Limits", "Listener", "Loaded", "Settings", "load", "parse"]
