"""A house with telephones on a listener that passes calls on."""

from softswitch.sip.flow import Flow
from softswitch.sip.message import Header, Request, Response
from softswitch.sip.settings import EndpointSettings, ListenerSettings, ProxySettings
from tests.unit.softswitch.sip.desk import OFFER, Desk, Done
from tests.unit.softswitch.sip.speaking import (
    REALM,
    SERVER,
    Headers,
    answer,
    contact_of,
    flow,
    request,
)

PORTS = {"101": 5101, "102": 5102, "103": 5103}
IN_A_CALL = {"callers": 1, "proxied calls": 1}
"""What is held while two phones talk."""

TLS = ("192.0.2.1", 5061)


def home(user: str) -> Flow:
    """Return the flow of a user's first phone."""
    return flow(port=PORTS[user])


class House(Desk):
    """A desk whose listener is a proxy; 101 to 103 have a phone each, once `enter` is called."""

    def __init__(
        self,
        proxy: ProxySettings | None = None,
        listeners: tuple[ListenerSettings, ...] = (),
        *,
        is_trusted: bool = False,
        calls_of_extension: int = 200,
    ) -> None:
        own = ListenerSettings("udp", SERVER, is_proxy=True, is_trusted=is_trusted)
        super().__init__(
            EndpointSettings(
                realm=REALM,
                listeners=(own, *listeners),
                proxy=proxy or ProxySettings(),
                maximum_legs_of_extension=calls_of_extension,
            )
        )
        self._serial = 0

    def enter(self, user: str, path: Flow | None = None, q: str = "", contact: str = "") -> Flow:
        """Register a phone of `user`, and return its flow."""
        path = path or home(user)
        self._serial += 1
        contact = contact or f"sip:{user}@10.0.0.{self._serial}:{path.remote[1]}"
        header = (Header.CONTACT, f"<{contact}>" + (f";q={q}" if q else ""))
        asked = request("REGISTER", user, call_id=f"register-{self._serial}", headers=[header])
        assert self.ask(asked, path, user).statuses == [200]
        return path

    def everybody(self) -> None:
        for user in PORTS:
            self.enter(user)

    def send_from(self, asked: Request, user: str = "101") -> Done:
        """Let the phone of `user` send a request out of a dialog, with its password."""
        return self.ask(asked, home(user), user)

    def call(
        self, to: str = "102", caller: str = "101", headers: Headers = (), call_id: str = "call-1"
    ) -> Done:
        """Let a phone call another."""
        headers = [contact_of(caller, PORTS[caller]), *headers]
        asked = request("INVITE", caller, to, headers=headers, body=OFFER, call_id=call_id)
        return self.send_from(asked, caller)

    def tell(  # type: ignore[override]
        self, asked: Request, status: int, path: Flow, headers: Headers = (), tag: str = ""
    ) -> Done:
        """Let the phone at `path` answer what the proxy has sent it."""
        tag = tag or f"tag-{path.remote[1]}"
        told = answer(asked, status, tag, headers=[*headers, contact_of("102", path.remote[1])])
        return self.send(told, path)


def invite_of(to: str = "102", caller: str = "101", call_id: str = "call-1") -> Request:
    """Return the INVITE that `House.call` sent with credentials: what a CANCEL refers to."""
    headers = [contact_of(caller, PORTS[caller])]
    return request("INVITE", caller, to, cseq=2, headers=headers, body=OFFER, call_id=call_id)


def cancel_of(invite: Request, headers: Headers = ()) -> Request:
    """Return the CANCEL of an INVITE that was sent again with credentials."""
    return request(
        "CANCEL",
        invite.from_().uri.user,
        invite.to().uri.user,
        cseq=invite.cseq().number,
        call_id=invite.call_id(),
        branch=_branch(invite),
        headers=headers,
    )


def _branch(invite: Request) -> str:
    """Return the branch of the second try."""
    number = invite.cseq().number
    return f"z9hG4bK-{invite.call_id()}-{number - 1}-INVITE-phone-{number}"


def acknowledge(house: House, asked: Request, refusal: Response, path: Flow) -> None:
    """Send the ACK of a failure that the caller has got."""
    ack = request(
        "ACK",
        asked.from_().uri.user,
        asked.to().uri.user,
        cseq=asked.cseq().number,
        call_id=asked.call_id(),
        to_tag=refusal.to().tag or "",
        branch=_branch(asked),
    )
    house.send(ack, path)


def within(
    method: str,
    answered: Response,
    *,
    cseq: int = 3,
    by_callee: bool = False,
    to_tag: str = "",
    headers: Headers = (),
) -> Request:
    """Return a request within the dialog that `answered` made, by the route that it recorded."""
    routes = answered.values(Header.RECORD_ROUTE)
    if not by_callee:
        routes.reverse()
    caller, callee = answered.from_(), answered.to()
    one, other = (callee, caller) if by_callee else (caller, callee)
    own, peer = one.tag or "", to_tag or other.tag or ""
    port = PORTS[other.uri.user]
    target = f"sip:{other.uri.user}@10.0.0.7:{port}"
    return request(
        method,
        one.uri.user,
        other.uri.user,
        uri=target,
        cseq=cseq,
        call_id=answered.call_id(),
        from_tag=own,
        to_tag=peer,
        headers=[*((Header.ROUTE, route) for route in routes), *headers],
    )
