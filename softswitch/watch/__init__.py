"""What telephones are shown of the lines of others."""

from softswitch.watch.watch import PACKAGES, Watch

__all__ = ["PACKAGES", "Watch"]
