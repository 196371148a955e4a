"""Refer-To (RFC 3515, section 2.1; RFC 5589 for what its URI carries)."""

from urllib.parse import quote as escape
from urllib.parse import unquote

from msgspec import Struct, structs

from softswitch.sip.errors import ParseError
from softswitch.sip.message.address import Address
from softswitch.sip.message.grammar import is_token
from softswitch.sip.message.replaces import Replaces
from softswitch.sip.message.uri import Uri

_BODY = "body"
_UNESCAPED = "-_.!~*'()[]/?:+$"
"""What a header inside a URI may hold as it is (RFC 3261, section 25.1, `hnv-unreserved`)."""


class ReferTo(Struct, frozen=True, gc=False):
    """Where somebody is referred to, and what the request that he sends there is to contain."""

    uri: Uri
    """Without method and headers: a Request-URI."""

    method: str = "INVITE"
    headers: tuple[tuple[str, str], ...] = ()
    """Name, in lower case, and value of each header that the URI asks for."""

    replaces: Replaces | None = None
    """From those headers."""

    @classmethod
    def parse(cls, text: str) -> "ReferTo":
        """Raises ParseError."""
        uri = Address.parse(text).uri
        method = uri.parameters.get("method") or "INVITE"
        headers = tuple(_header(part) for part in uri.headers.split("&") if part)
        replaces = [value for name, value in headers if name == "replaces"]
        if len(replaces) > 1:
            raise ParseError("Refer-To", text, 0, "one Replaces")
        return cls(
            structs.replace(uri, parameters=uri.parameters.without("method"), headers=""),
            method.upper(),
            headers,
            Replaces.parse(replaces[0]) if replaces else None,
        )

    def __str__(self) -> str:
        parameters = self.uri.parameters
        if self.method != "INVITE":
            parameters = parameters.setting("method", self.method)
        headers = list(self.headers)
        if self.replaces is not None and not any(name == "replaces" for name, _ in headers):
            headers.append(("replaces", str(self.replaces)))
        inside = "&".join(
            f"{name.title()}={escape(value, safe=_UNESCAPED, errors='surrogateescape')}"
            for name, value in headers
        )
        return f"<{structs.replace(self.uri, parameters=parameters, headers=inside)}>"


def _header(part: str) -> tuple[str, str]:
    name, _, value = part.partition("=")
    name = unquote(name, errors="surrogateescape").lower()
    value = unquote(value, errors="surrogateescape")
    if not is_token(name):
        raise ParseError("Refer-To", part, 0, "the name of a header")
    if name != _BODY and ("\n" in value or "\r" in value):
        raise ParseError("Refer-To", part, 0, "headers of one line")
    return name, value
