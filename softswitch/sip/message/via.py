"""Via (RFC 3261, section 20.42)."""

import re

from msgspec import Struct

from softswitch.sip.errors import ParseError
from softswitch.sip.message.grammar import HOST, TOKEN, is_number
from softswitch.sip.message.parameters import Parameters

_via = re.compile(
    r"[Ss][Ii][Pp][ \t]*/[ \t]*2\.0[ \t]*/[ \t]*(" + TOKEN + r")[ \t]+"
    r"(" + HOST + r")(?:[ \t]*:[ \t]*(\d{1,5}))?[ \t]*(;.*)?",
    re.DOTALL,
).fullmatch


class Via(Struct, frozen=True, gc=False):
    """One hop of a request, and the way back for its response."""

    transport: str
    """In upper case."""

    host: str
    port: int | None = None
    parameters: Parameters = Parameters()

    @classmethod
    def parse(cls, text: str) -> "Via":
        found = _via(text)
        if found is None:
            raise ParseError("Via", text, 0, "SIP/2.0/transport host")
        transport, host, port, parameters = found.groups()
        if port is not None and int(port) > 65535:
            raise ParseError("Via", text, found.start(3), "a port up to 65535")
        return cls(
            transport.upper(),
            host,
            None if port is None else int(port),
            Parameters.parse(parameters or ""),
        )

    @property
    def sent_by(self) -> str:
        return self.host if self.port is None else f"{self.host}:{self.port}"

    @property
    def branch(self) -> str:
        """Empty when there is none, as before RFC 3261."""
        return self.parameters.get("branch") or ""

    @property
    def received(self) -> str | None:
        return self.parameters.get("received")

    @property
    def rport(self) -> int | None:
        text = self.parameters.get("rport")
        return int(text) if text and is_number(text) else None

    def seen_from(self, host: str, port: int) -> "Via":
        """Return it with `received`, and with `rport` filled in where it was asked for.

        RFC 3261, section 18.2.1, and RFC 3581, section 4: with rport, `received` is always
        added; without, only where the sender's idea of its address is another.
        """
        host = host.partition("%")[0]  # the zone of a link-local address means something here only
        pairs = self.parameters.pairs
        if "rport" in self.parameters:
            pairs = tuple([("rport", str(port)) if pair[0] == "rport" else pair for pair in pairs])
        elif self.host in (host, f"[{host}]"):
            return self
        parameters = Parameters(pairs).setting("received", host)
        return Via(self.transport, self.host, self.port, parameters)

    def __str__(self) -> str:
        return f"SIP/2.0/{self.transport} {self.sent_by}{self.parameters}"
