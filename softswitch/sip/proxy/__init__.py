"""The stateful proxy (RFC 3261, section 16): requests that the switch passes on."""

from softswitch.sip.proxy.proxy import Proxy
from softswitch.sip.proxy.targets import Targets

__all__ = ["Proxy", "Targets"]
