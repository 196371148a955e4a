"""URIs (RFC 3261, section 19.1)."""

import re
from functools import lru_cache
from sys import intern
from urllib.parse import unquote

from msgspec import Struct

from softswitch.sip.errors import ParseError
from softswitch.sip.message.grammar import HOST
from softswitch.sip.message.parameters import Parameters

_sip = re.compile(
    r"(sips?):"
    r"(?:((?:[A-Za-z0-9\-_.!~*'()&=+$,;?/#]|%[0-9A-Fa-f]{2})+)(?::([^@:\s<>\"]*))?@)?"
    r"(" + HOST + r")(?::(\d{1,5}))?(;[^?\s<>\"]*)?(?:\?([^\s<>\"]*))?",
    re.IGNORECASE,
).fullmatch
_VISUAL = str.maketrans("", "", "-.()")
"""Visual separators (RFC 3966, section 5.1.1)."""

_other = re.compile(r"([A-Za-z][A-Za-z0-9+.\-]*):([^\s<>\"]+)").fullmatch

_LONGEST_REMEMBERED = 256


class Uri(Struct, frozen=True, gc=False):
    """An address on the network, in the parts that routing asks for.

    Of a scheme other than sip and sips, `user` holds what follows the colon (of tel, up to the
    parameters) and `host` is empty.
    """

    scheme: str
    """In lower case."""

    host: str
    """In lower case; an IPv6 address keeps its brackets."""

    user: str = ""
    """As written, with its %-escapes."""

    port: int | None = None
    parameters: Parameters = Parameters()
    password: str | None = None
    headers: str = ""
    """What follows `?`, as written."""

    @classmethod
    def parse(cls, text: str) -> "Uri":
        """Read a URI that is likely to come again, as Request-URIs do: it is remembered."""
        return cls.read(text) if len(text) > _LONGEST_REMEMBERED else _remembered(text)

    @classmethod
    def read(cls, text: str) -> "Uri":
        """Read a URI that the caller remembers, or that will not come again."""
        found = _sip(text)
        if found is None:
            return _other_scheme(text)
        scheme, user, password, host, port, parameters, headers = found.groups()
        if port is not None and int(port) > 65535:
            raise ParseError("URI", text, found.start(5), "a port up to 65535")
        lower = host.lower()
        return cls(
            scheme=intern(scheme.lower()),
            host=host if host == lower else lower,  # one string in the place of two
            user=user or "",
            port=None if port is None else int(port),
            parameters=Parameters.parse(parameters or ""),
            password=password,
            headers=headers or "",
        )

    @property
    def number(self) -> str:
        """The user part with its escapes undone: what was dialled.

        Of a telephone number (RFC 3966) without its parameters, and without what stands between
        its digits for the eye.
        """
        user = unquote(self.user) if "%" in self.user else self.user
        if self.scheme == "tel" or (self.parameters.pairs and self._is_telephone):
            return user.partition(";")[0].translate(_VISUAL)
        return user.partition(";")[0] if ";" in user else user

    @property
    def _is_telephone(self) -> bool:
        return (self.parameters.get("user") or "").lower() == "phone"

    @property
    def is_sip(self) -> bool:
        return self.scheme in ("sip", "sips")

    def __str__(self) -> str:
        if not self.is_sip:
            return f"{self.scheme}:{self.user}{self.parameters}"
        user = self.user if self.password is None else f"{self.user}:{self.password}"
        at = "@" if user else ""
        port = "" if self.port is None else f":{self.port}"
        headers = f"?{self.headers}" if self.headers else ""
        return f"{self.scheme}:{user}{at}{self.host}{port}{self.parameters}{headers}"


def _other_scheme(text: str) -> Uri:
    found = _other(text)
    if found is None or found[1].lower() in ("sip", "sips"):
        raise ParseError("URI", text, 0, "scheme:user@host")
    scheme, rest = found[1].lower(), found[2]
    if scheme != "tel" or ";" not in rest:
        return Uri(scheme=scheme, host="", user=rest)
    number, _, parameters = rest.partition(";")
    return Uri(scheme=scheme, host="", user=number, parameters=Parameters.parse(f";{parameters}"))


_remembered = lru_cache(maxsize=4096)(Uri.read)
