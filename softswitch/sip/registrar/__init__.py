"""Who can be reached where, and by which way (RFC 3261, section 10; RFC 3327; RFC 5626)."""

from softswitch.sip.registrar.registrar import Registrar

__all__ = ["Registrar"]
