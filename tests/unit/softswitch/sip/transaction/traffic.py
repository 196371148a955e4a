"""Messages and flows that the tests of transactions send about."""

from collections.abc import Iterable
from typing import Protocol

from softswitch.sip.flow import Flow
from softswitch.sip.message import Header, Request, Response, parse, respond
from softswitch.sip.transaction.outputs import Output

UDP = Flow("udp", ("192.0.2.1", 5060), ("192.0.2.7", 5080))
TCP = Flow("tcp", ("192.0.2.1", 5060), ("192.0.2.7", 40000), connection=3)


class Machine(Protocol):
    @property
    def deadline(self) -> float | None: ...

    def expire(self, now: float) -> list[Output]: ...


def incoming(
    method: str,
    *,
    via: str = "SIP/2.0/UDP 192.0.2.7:5080;rport;branch=z9hG4bKa",
    cseq: str = "1",
    call_id: str = "call-1",
    sender: str = "<sip:101@example.com>;tag=from1",
    to: str = "<sip:102@example.com>",
) -> Request:
    """Return a request as a phone sends it, read from bytes."""
    request = Request.build(
        method,
        "sip:102@example.com",
        (
            (Header.VIA, via),
            (Header.MAX_FORWARDS, "70"),
            (Header.FROM, sender),
            (Header.TO, to),
            (Header.CALL_ID, call_id),
            (Header.CSEQ, f"{cseq} {method}"),
        ),
    )
    message = parse(request.to_bytes())
    assert isinstance(message, Request)
    return message


def outgoing(method: str, headers: Iterable[tuple[Header | str, str]] = ()) -> Request:
    """Return a request of ours, still without Via."""
    return Request.build(
        method,
        "sip:102@192.0.2.7:5080",
        (
            (Header.MAX_FORWARDS, "70"),
            (Header.FROM, "<sip:101@example.com>;tag=ours"),
            (Header.TO, "<sip:102@example.com>"),
            (Header.CALL_ID, "call-2"),
            (Header.CSEQ, f"7 {method}"),
            *headers,
        ),
    )


def answer(request: Request, status: int, to_tag: str = "theirs") -> Response:
    """Return what the peer says to `request`, read from bytes."""
    message = parse(respond(request, status, to_tag=to_tag).to_bytes())
    assert isinstance(message, Response)
    return message


def run(machine: Machine, until: float) -> list[tuple[float, Output]]:
    """Let timers fire up to `until` seconds; return what came out, and when."""
    log: list[tuple[float, Output]] = []
    while (due := machine.deadline) is not None and due <= until:
        log += [(due, output) for output in machine.expire(due)]
    return log
