"""Somebody who writes SIP by hand: a stranger, an odd telephone, or one who means harm.

Where a `Handset` is a telephone that keeps the rules, this one sends what a test tells it to and
keeps what comes back.
"""

from collections.abc import Iterable

from msgspec.structs import replace

from softswitch.sip.digest import authorize
from softswitch.sip.message import Challenge, Header, Request, Response, parse, respond
from tests.support.office import SIP_PORT, SWITCH, Office
from tests.support.world import Address

Headers = Iterable[tuple[Header | str, str]]


class Stranger:
    """One address, without memory of its own requests but their numbers."""

    def __init__(self, office: Office, address: Address = ("10.0.9.9", 5060)) -> None:
        self.address = address
        self.requests: list[Request] = []
        self.responses: list[Response] = []
        self.raw: list[bytes] = []
        self._office = office
        self._serial = 0
        office.network.attach(address, self._receive)

    def send(self, data: bytes) -> None:
        self._office.network.send(data, self.address, (SWITCH, SIP_PORT))

    def request(
        self,
        method: str,
        to: str,
        caller: str = "101",
        headers: Headers = (),
        body: bytes = b"",
        content_type: str = "application/sdp",
    ) -> Request:
        """Return a request out of a dialog, from `caller` to the user `to`, yet without a Via."""
        self._serial += 1
        host, port = self.address
        target = f"sip:{SWITCH}" if method == "REGISTER" else f"sip:{to}@{SWITCH}"
        return Request.build(
            method,
            target,
            (
                (Header.MAX_FORWARDS, "70"),
                (Header.FROM, f"<sip:{caller}@{SWITCH}>;tag=stranger{self._serial}"),
                (Header.TO, f"<sip:{to}@{SWITCH}>"),
                (Header.CALL_ID, f"stranger-{host}-{self._serial}"),
                (Header.CSEQ, f"{self._serial} {method}"),
                (Header.CONTACT, f"<sip:{caller}@{host}:{port}>"),
                *headers,
            ),
            body,
            content_type,
        )

    def ask(self, request: Request) -> Response:
        """Send `request` in a new transaction and return its final response."""
        branch = self.post(request)
        self._office.until(lambda: self._final(branch), within=2.0)
        found = self._final(branch)
        assert found is not None
        if request.method == "INVITE" and found.status >= 300:
            self.acknowledge(request, found)
        return found

    def post(self, request: Request) -> str:
        """Send `request` in a new transaction, and do not wait. Return its branch."""
        self._serial += 1
        branch = f"z9hG4bKstranger{self._serial}"
        host, port = self.address
        request.remove(Header.VIA)
        request.prepend(Header.VIA, f"SIP/2.0/UDP {host}:{port};branch={branch};rport")
        self.send(request.to_bytes())
        return branch

    def acknowledge(self, request: Request, failure: Response) -> None:
        """Send the ACK of an INVITE that has failed (RFC 3261, section 17.1.1.3)."""
        number = request.cseq().number
        ack = Request.build(
            "ACK",
            request.uri,
            (
                (Header.VIA, request.first(Header.VIA) or ""),
                (Header.FROM, request.first(Header.FROM) or ""),
                (Header.TO, failure.first(Header.TO) or ""),
                (Header.CALL_ID, request.call_id()),
                (Header.CSEQ, f"{number} ACK"),
            ),
        )
        self.send(ack.to_bytes())

    def register(self, number: str, password: str) -> None:
        """Be reached as `number`."""
        request = self.request("REGISTER", number, number)
        proven = self.prove(request, self.ask(request), password, user=number)
        assert self.ask(proven).status == 200

    def answer(self, request: Request, status: int, tag: str, body: bytes = b"") -> None:
        """Answer what the switch has sent."""
        contact = (Header.CONTACT, f"<sip:odd@{self.address[0]}:{self.address[1]}>")
        self.send(respond(request, status, to_tag=tag, headers=[contact], body=body).to_bytes())

    def received(self, method: str) -> list[Request]:
        """Return the requests of this method, copies left out."""
        found = {one.branch(): one for one in self.requests if one.method == method}
        return list(found.values())

    def prove(
        self,
        request: Request,
        refusal: Response,
        password: str,
        *,
        user: str = "101",
        count: int = 1,
        with_qop: bool = True,
    ) -> Request:
        """Return `request` with its next number and the answer to the challenge in `refusal`."""
        is_proxied = refusal.status == 407
        asked = Header.PROXY_AUTHENTICATE if is_proxied else Header.WWW_AUTHENTICATE
        challenge = Challenge.parse(refusal.first(asked) or "")
        if not with_qop:
            challenge = replace(challenge, qop="")
        value = authorize(challenge, user, password, request.method, request.uri, "cnonce", count)
        proven = request.copy()
        proven.set(Header.PROXY_AUTHORIZATION if is_proxied else Header.AUTHORIZATION, value)
        proven.set(Header.CSEQ, f"{request.cseq().number + count} {request.method}")
        return proven

    def _receive(self, data: bytes, source: Address) -> None:
        self.raw.append(data)
        message = parse(data)
        if isinstance(message, Request):
            self.requests.append(message)
        else:
            self.responses.append(message)

    def answered(self, branch: str) -> int:
        """Return the status of the final response to what was posted; 0 as long as none came."""
        found = self._final(branch)
        return 0 if found is None else found.status

    def _final(self, branch: str) -> Response | None:
        for response in self.responses:
            if response.status >= 200 and response.branch() == branch:
                return response
        return None
