"""What it costs to read, answer and write a message: in this process, without a switch.

Each step is timed alone, over messages that all differ in what differs between calls, and
the best of several rounds counts. The steps of one kind of message together are what a message
costs before anybody thinks about it.
"""

import gc
import time
from collections.abc import Callable

from benchmarks.row import REFERENCE_SPIN_MS, Finding, spin, steady
from benchmarks.sip import describe
from softswitch.sip.message import Message, Request, Response, parse, respond, validate

MESSAGES = 2000
"""Of each kind, in a round."""

ROUNDS = 15

_SDP = describe(("127.0.0.1", 6000))
_AROUND = (
    "Via: SIP/2.0/UDP 192.0.2.7:5060;rport;branch=z9hG4bK{n}\r\n"
    'From: "Alice" <sip:101@example.com>;tag=f{n}\r\n'
    "To: <sip:102@example.com>{tag}\r\n"
    "Call-ID: {n}@192.0.2.7\r\n"
    "CSeq: 2 {method}\r\n"
)
_CONTACT = "Contact: <sip:101@192.0.2.7:5060>\r\n"
_KIND = "Allow: INVITE, ACK, CANCEL, BYE, OPTIONS\r\nSupported: replaces, timer\r\n"
_AGENT = "User-Agent: Telephone/1.2\r\n"
_PROOF = (
    'Authorization: Digest username="101", realm="example.com", nonce="{n:032x}", '
    'uri="sip:example.com", response="0123456789abcdef0123456789abcdef", algorithm=MD5, '
    'cnonce="abcdef", qop=auth, nc=00000001\r\n'
)

KINDS: dict[str, tuple[str, str, bytes]] = {
    "INVITE": (
        "INVITE",
        f"INVITE sip:102@example.com SIP/2.0\r\n{_AROUND}Max-Forwards: 70\r\n{_CONTACT}{_KIND}"
        f"{_AGENT}Content-Type: application/sdp\r\n",
        _SDP,
    ),
    "200": (
        "INVITE",
        f"SIP/2.0 200 OK\r\n{_AROUND}{_CONTACT}{_KIND}{_AGENT}Content-Type: application/sdp\r\n",
        _SDP,
    ),
    "REGISTER": (
        "REGISTER",
        f"REGISTER sip:example.com SIP/2.0\r\n{_AROUND}Max-Forwards: 70\r\n{_CONTACT}"
        f"Expires: 3600\r\n{_PROOF}{_AGENT}",
        b"",
    ),
    "BYE": ("BYE", f"BYE sip:102@192.0.2.1 SIP/2.0\r\n{_AROUND}Max-Forwards: 70\r\n{_AGENT}", b""),
}
"""Method, head and body of each kind. In the head `n` counts."""


def messages(kind: str) -> list[bytes]:
    """Return different messages of one kind, as telephones send them."""
    method, head, body = KINDS[kind]
    tag = "" if kind in ("INVITE", "REGISTER") else ";tag=t"
    return [
        f"{head.format(n=n, method=method, tag=tag)}Content-Length: {len(body)}\r\n\r\n".encode()
        + body
        for n in range(MESSAGES)
    ]


def look(message: Message) -> None:
    """Ask for what a user agent asks for."""
    message.branch()
    message.from_()
    message.to()
    message.cseq()
    message.call_id()
    message.contacts()
    message.max_forwards()


def answer(message: Message) -> Response | None:
    return respond(message, 200, to_tag="ours") if isinstance(message, Request) else None


STEPS: dict[str, Callable[[Message], object]] = {
    "look": look,
    "validate": validate,
    "answer": answer,
    "write": Message.to_bytes,
}
"""After reading, in the order in which they come. Each finds what those before it have read."""


def measure() -> list[Finding]:
    """Return microseconds a message, at the speed of the reference."""
    return [finding for kind in KINDS for finding in _findings(kind)]


def _findings(kind: str) -> list[Finding]:
    before = spin()
    steps = _best(messages(kind))
    after = spin()
    trouble = "" if steady(before, after) else "the machine changed its speed"
    scale = REFERENCE_SPIN_MS / min(before, after)
    if kind.isdigit():
        del steps["answer"]  # to a response there is none
    return [
        Finding("parse", MESSAGES, kind, f"µs to {step}", seconds * scale * 1e6, trouble)
        for step, seconds in (*steps.items(), ("do it all", sum(steps.values())))
    ]


def _best(datagrams: list[bytes]) -> dict[str, float]:
    """Return the seconds that each step takes of a message, in the best round."""
    rounds = [_round(datagrams) for _ in range(ROUNDS)]
    return {step: min(one[step] for one in rounds) / len(datagrams) for step in rounds[0]}


def _round(datagrams: list[bytes]) -> dict[str, float]:
    gc.collect()
    gc.disable()  # thousands of messages are not kept at once where this counts
    try:
        began = time.process_time()
        read = [parse(data) for data in datagrams]
        took = {"read": time.process_time() - began}
        for name, step in STEPS.items():
            began = time.process_time()
            for message in read:
                step(message)
            took[name] = time.process_time() - began
    finally:
        gc.enable()
    return took
