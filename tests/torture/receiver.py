"""A switch that gets messages of the RFCs, from a stranger or from one of its extensions."""

from contextlib import suppress

from softswitch.identifiers import Identifiers, counted
from softswitch.sip.digest import authorize, ha1
from softswitch.sip.endpoint import Endpoint
from softswitch.sip.errors import ParseError
from softswitch.sip.flow import Flow
from softswitch.sip.message import Challenge, Header, Request, Response, Uri, parse
from softswitch.sip.settings import EndpointSettings
from softswitch.sip.transaction import Discard, Transmit
from softswitch.sip.vocabulary import Offered
from tests.unit.softswitch.sip.speaking import request

SOURCE = Flow("udp", ("192.0.2.1", 5060), ("198.51.100.7", 5060))
PASSWORD = "torture"
CALL = "a call"
"""What an INVITE becomes that is taken."""

HELLO = request("REGISTER", call_id="hello").to_bytes()
"""Something to be challenged for."""


class Everybody:
    """Whoever there is has the same password."""

    def ha1(self, user: str, algorithm: str) -> str | None:
        return ha1(user, "softswitch", PASSWORD, algorithm)

    def admits(self, user: str, host: str) -> bool:
        return True


def from_stranger(data: bytes) -> int | str:
    """Return what becomes of a message that proves nothing."""
    return _treated(_receiver_of(data), data)


def from_extension(data: bytes) -> int | str:
    """Return what becomes of it when its sender proves to be who it says."""
    receiver = _receiver_of(data)
    try:
        message = parse(data)
        user = message.from_().uri.number
    except ParseError:
        return _treated(receiver, data)
    if isinstance(message, Response):
        return _treated(receiver, data)
    [asked] = receiver.receive(HELLO, SOURCE, 0.0)
    assert isinstance(asked, Transmit)
    challenge = Challenge.parse(parse(asked.data).first(Header.WWW_AUTHENTICATE) or "")
    proof = authorize(challenge, user, PASSWORD, message.method, message.uri, "c", 1)
    start, end, rest = data.partition(b"\r\n")
    return _treated(receiver, start + end + f"Authorization: {proof}\r\n".encode() + rest)


def _receiver_of(data: bytes) -> Endpoint:
    """Return a switch for which the message is meant."""
    domain = "example.com"
    with suppress(ParseError):
        message = parse(data)
        if isinstance(message, Request):
            domain = Uri.parse(message.uri).host or domain
    settings = EndpointSettings(domain=domain)
    return Endpoint(settings, Everybody(), Identifiers(counted()), b"nonce key")


def _treated(receiver: Endpoint, data: bytes) -> int | str:
    """Return the status of the last answer, the slug of a message that is dropped, or CALL."""
    treatment: int | str = "nothing"
    for output in receiver.receive(data, SOURCE, 0.0):
        if isinstance(output, Transmit):
            answer = parse(output.data)
            assert isinstance(answer, Response)
            treatment = answer.status
        elif isinstance(output, Discard):
            treatment = output.slug
        elif isinstance(output, Offered):
            return CALL
    return treatment
