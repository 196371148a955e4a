"""Whom a certificate is for, as SIP reads it (RFC 5922, section 7)."""

from collections.abc import Mapping
from ipaddress import ip_address
from typing import Any

_SCHEME = "sip:"


def identities(certificate: Mapping[str, Any]) -> frozenset[str]:
    """Return the domains and addresses of a certificate, in lower case.

    A SIP URI without a user part is a domain; names of hosts count where there is no such URI,
    and the subject's common name where there are no other names at all.

    certificate  as `ssl` describes one
    """
    names = certificate.get("subjectAltName", ())
    uris = frozenset(
        text[len(_SCHEME) :].lower()
        for kind, text in names
        if kind == "URI" and text[: len(_SCHEME)].lower() == _SCHEME and "@" not in text
    )
    addresses = frozenset(_address(text) for kind, text in names if kind == "IP Address")
    if uris:
        return uris | addresses
    if names:
        return addresses | {text.lower() for kind, text in names if kind == "DNS"}
    subject = certificate.get("subject", ())
    common = (text for part in subject for kind, text in part if kind == "commonName")
    return frozenset(text.lower() for text in common)


def is_for(name: str, known: frozenset[str]) -> bool:
    """Whether `name`, a domain or an address, is among `known`.

    The whole name counts: a wildcard is no domain of SIP (section 7.2).
    """
    return _address(name) in known


def _address(text: str) -> str:
    """Return an address as Python writes it, and anything else in lower case."""
    text = text.strip().strip("[]").lower()
    try:
        return str(ip_address(text))
    except ValueError:
        return text.removesuffix(".")
