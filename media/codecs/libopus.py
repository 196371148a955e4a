"""Whether libopus is on this machine: asked by the switch too, and so without numpy."""

from collections.abc import Sequence
from typing import Final

from cffi import FFI

PACKAGE: Final = "libopus0"
"""Debian's and Ubuntu's name for it."""

_NAMES: Final = ("libopus.so.0", "libopus.0.dylib")


def find(names: Sequence[str] = _NAMES) -> str:
    """Return the first of `names` that can be loaded, or nothing."""
    loader = FFI()
    for name in names:
        try:
            loader.dlopen(name)
        except OSError:
            continue  # not installed, or not by this name
        return name
    return ""
