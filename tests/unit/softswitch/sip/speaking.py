"""Speaks as a phone does: builds its requests, and answers challenges and requests."""

from collections.abc import Iterable

from softswitch.sip.digest import ALGORITHMS, authorize, ha1
from softswitch.sip.flow import Flow
from softswitch.sip.message import Challenge, Header, Message, Request, Response, respond

REALM = "office"
SERVER = ("192.0.2.1", 5060)
PASSWORDS = {"101": "one", "102": "two", "103": "three"}

Headers = Iterable[tuple[Header | str, str]]


def flow(port: int = 5060, host: str = "198.51.100.7", connection: int = 0) -> Flow:
    """Return the way to a phone: over UDP, or with a connection number over TCP."""
    transport = "tcp" if connection else "udp"
    return Flow(transport, SERVER, (host, port), connection)


ABROAD = "203.0.113.66"
"""A host that no extension may come from."""

_HA1 = {
    (user, algorithm): ha1(user, REALM, password, algorithm)
    for user, password in PASSWORDS.items()
    for algorithm in ALGORITHMS
}


class KnownPasswords:
    """The passwords of PASSWORDS, hashed ahead."""

    def ha1(self, user: str, algorithm: str) -> str | None:
        return _HA1.get((user, algorithm))

    def admits(self, user: str, host: str) -> bool:
        return host != ABROAD


def request(
    method: str,
    user: str = "101",
    to: str | None = None,
    *,
    uri: str = "",
    cseq: int = 1,
    call_id: str = "call-1",
    from_tag: str = "phone",
    to_tag: str = "",
    branch: str = "",
    headers: Headers = (),
    body: bytes = b"",
) -> Request:
    """Return a request of `user`'s phone, as it looks when it has arrived."""
    to = user if to is None else to
    address = f"<sip:{to}@192.0.2.1>"
    branch = branch or f"z9hG4bK-{call_id}-{cseq}-{method}-{from_tag}"
    return Request.build(
        method,
        uri or (f"sip:{to}@192.0.2.1" if method != "REGISTER" else "sip:192.0.2.1"),
        [
            (Header.VIA, f"SIP/2.0/UDP 10.0.0.7:5060;branch={branch};rport"),
            (Header.MAX_FORWARDS, "70"),
            (Header.FROM, f'"Phone {user}" <sip:{user}@192.0.2.1>;tag={from_tag}'),
            (Header.TO, f"{address};tag={to_tag}" if to_tag else address),
            (Header.CALL_ID, call_id),
            (Header.CSEQ, f"{cseq} {method}"),
            *headers,
        ],
        body,
    )


def authorized(
    plain: Request, refusal: Response, user: str = "101", password: str = "", nc: int = 1
) -> Request:
    """Return `plain` again, with the next CSeq and an answer to the challenge of `refusal`."""
    is_proxied = refusal.status == 407
    asked = Header.PROXY_AUTHENTICATE if is_proxied else Header.WWW_AUTHENTICATE
    challenge = Challenge.parse(refusal.first(asked) or "")
    again = with_cseq(plain, plain.cseq().number + 1)
    again.append(
        Header.PROXY_AUTHORIZATION if is_proxied else Header.AUTHORIZATION,
        authorize(
            challenge, user, password or PASSWORDS[user], plain.method, plain.uri, "cnonce", nc
        ),
    )
    return again


def with_cseq(plain: Request, number: int) -> Request:
    again = Request(plain.method, plain.uri, list(plain.lines), list(plain.ids), plain.body)
    again.set(Header.CSEQ, f"{number} {plain.method}")
    again.set(Header.VIA, f"SIP/2.0/UDP 10.0.0.7:5060;branch={plain.via().branch}-{number};rport")
    return again


def contact_of(user: str = "101", port: int = 5060) -> tuple[Header, str]:
    """Return a Contact with an address that cannot be reached from outside."""
    return Header.CONTACT, f"<sip:{user}@10.0.0.7:{port}>"


def answer(
    asked: Request,
    status: int,
    tag: str = "callee",
    sdp: bytes = b"",
    headers: Headers = (),
    reason: str = "",
) -> Response:
    """Return a phone's response to a request of ours."""
    to_tag = "" if status == 100 else tag
    return respond(asked, status, reason, to_tag=to_tag, headers=headers, body=sdp)


def statuses(messages: Iterable[Message]) -> list[int]:
    return [message.status for message in messages if isinstance(message, Response)]
