"""What a fuzzer begins with: real messages and stories, and the words of SIP and SDP."""

from collections.abc import Callable, Iterator

from media.rtp.header import pack
from media.rtp.rtcp import ReportBlock, SenderInfo, description, goodbye, report
from media.sdp import Direction, Local, offer
from softswitch.sip.message.headers import NAMES
from tests.fuzz import company_stories
from tests.fuzz.phones import METHODS
from tests.fuzz.script import SCRAPS, Edit, Script, Step
from tests.fuzz.stage import LEG_COMMANDS
from tests.torture import messages as torture
from tests.torture import messages_ipv6 as torture_ipv6
from tests.unit.softswitch.sip.speaking import contact_of, request

CALL, GO_ON, WRITE, ANSWER, COMMAND, WAIT, LOSE, REPEAT = range(8)
INVITE, REGISTER, OPTIONS, MESSAGE, SUBSCRIBE, REFER, ACK, BYE, CANCEL = range(9)
PLACE = len(LEG_COMMANDS)
PROXIED, BY_TCP, UNPROVEN = 4, 8, 16

MESSAGES = [*torture.MESSAGES.values(), *torture_ipv6.MESSAGES.values()]

_TELEPHONE = b"""v=0
o=- 3 4 IN IP4 192.0.2.7
s=call
c=IN IP4 192.0.2.7
t=0 0
m=audio 4000/2 RTP/AVP 9 8 0 101
a=rtpmap:9 G722/8000
a=rtpmap:101 telephone-event/8000/1
a=fmtp:101 0-16
a=ptime:20
a=maxptime:40
a=rtcp:4001 IN IP6 ::1
a=sendonly
m=video 0 RTP/SAVPF 96
c=IN IP6 2001:db8::1/127
a=inactive
"""


def stories() -> Iterator[Script]:
    """Yield calls, registrations, subscriptions and transfers, as they go and as they fail."""
    for who in (0, BY_TCP, PROXIED, PROXIED | BY_TCP, 3, UNPROVEN):
        for what in range(len(METHODS)):
            yield Script((Step(CALL, who, what, 1), Step(REPEAT, 0, 0, 0)))
        call = Step(CALL, who, INVITE, 1)
        yield Script((call, Step(ANSWER, 0, 1, 0), Step(ANSWER, 0, 4, 1), Step(GO_ON, 0, ACK, 0)))
        yield Script((call, Step(GO_ON, 0, CANCEL, 0), Step(ANSWER, 0, 4, 1)))
        yield Script((call, Step(LOSE, who, 0, 0), Step(WAIT, 0, 3, 0)))
        for what in range(len(LEG_COMMANDS)):
            yield Script((call, Step(COMMAND, 0, what, 0), Step(GO_ON, 0, BYE, 0)))
    for what in range(len(METHODS)):
        answered = (Step(CALL, 0, INVITE, 1), Step(COMMAND, 0, 3, 0), Step(GO_ON, 0, ACK, 0))
        yield Script((*answered, Step(GO_ON, 0, what, 4), Step(COMMAND, 0, 10, 0)))
    for command in range(16):
        for status in range(16):
            placed = Step(COMMAND, 1, PLACE, command % 3)
            heard = Step(ANSWER, 0, status, 0), Step(COMMAND, 0, command, 0)
            yield Script((placed, *heard, Step(ANSWER, 0, status, 17), Step(WAIT, 0, 3, 0)))
    for what in range(5):
        seen = (Step(CALL, 0, SUBSCRIBE, 0), Step(COMMAND, 0, PLACE + 1, 0))
        asked = (Step(COMMAND, 0, PLACE + 1 + what, 0), Step(ANSWER, 0, 4, 2))
        yield Script((*seen, *asked, Step(GO_ON, 0, SUBSCRIBE, 1)))
    for which in range(4):
        talking = (Step(CALL, 0, INVITE, 1), Step(COMMAND, 0, 3, 0), Step(GO_ON, 0, ACK, 0))
        sent = (Step(GO_ON, 0, REFER, which), Step(COMMAND, 0, 16, 0), Step(COMMAND, 0, 19, 0))
        yield Script((*talking, *sent))
    for kind in range(11):
        wound = (Edit(kind, 20_000, 3, b"\x06"),)
        yield Script((Step(CALL, 0, INVITE, 1, wound), Step(CALL, 4, MESSAGE, 1, wound)))
    for data in MESSAGES:
        yield Script((Step(WRITE, 0, 0, 0, (), data[:65_535]),))


def messages() -> Iterator[bytes]:
    yield from MESSAGES
    for method in METHODS:
        yield request(method, headers=[contact_of()]).to_bytes()


def descriptions() -> Iterator[bytes]:
    yield _TELEPHONE
    yield _TELEPHONE.replace(b"\n", b"\r\n")
    for direction in Direction:
        yield offer(Local("192.0.2.1", 4000, 1, 2, direction))


def packets() -> Iterator[bytes]:
    yield pack(0x80, 1, 160, 7) + bytes(160)
    yield b"\xb1" + pack(0x65, 1, 160, 7)[1:] + bytes(4) + b"\xbe\xde\0\1" + bytes(8) + b"\4"
    block = ReportBlock(7, 12, -3, 70_000, 5, 9, 65536)
    sender = SenderInfo(1 << 60, 160, 20, 3200)
    yield report(1, sender, [block]) + description(1, "softswitch")
    yield report(1, None, [block, block]) + description(1, "softswitch") + goodbye(1)


STORIES: dict[str, Callable[[], Iterator[Script]]] = {
    "endpoint": stories,
    "switch": company_stories.stories,
}
"""Of those targets that play scripts."""


def seeds(target: str) -> list[bytes]:
    if target in STORIES:
        return [story.to_bytes() for story in STORIES[target]()]
    match target:
        case "message":
            return list(messages())
        case "sdp":
            return list(descriptions())
        case _:
            return list(packets())


def words(target: str) -> list[bytes]:
    """Return what is worth writing into an input, whole."""
    if target == "rtp":
        return [b"\x80\xc8", b"\x81\xc9", b"\x81\xca", b"\x80\xcb", b"\xbe\xde"]
    if target == "sdp":
        lines = {line + b"\n" for line in _TELEPHONE.splitlines()}
        return [*lines, b"RTP/SAVP", b"IP6", b"udptl", b"a=rtcp-mux\n", b"a=recvonly\n"]
    names = [f"{name}: ".encode() for name in NAMES.values()]
    return [*SCRAPS[1:], *names, *(method.encode() for method in METHODS)]
