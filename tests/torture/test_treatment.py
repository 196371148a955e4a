"""RFC 4475 and RFC 5118: what the switch does with each of their messages.

The table says what a stranger gets, and what an extension of ours gets that has proven who it is:
the status of the answer, a call that rings, or the slug by which the message is dropped.
"""

import pytest

from softswitch.sip.errors import ParseError
from softswitch.sip.message import parse
from tests.torture import messages, messages_ipv6
from tests.torture.receiver import CALL, from_extension, from_stranger

RFC_4475: dict[str, tuple[str, int | str, int | str]] = {
    # Valid, and hard to read
    "wsinv": ("3.1.1.1", 481, 481),  # it has a To tag, of a dialog that is not ours
    "intmeth": ("3.1.1.2", 401, 501),
    "esc01": ("3.1.1.3", 401, CALL),
    "escnull": ("3.1.1.4", 401, 403),  # nobody's name has a NUL in it
    "esc02": ("3.1.1.5", 401, 501),  # RE%47IST%45R is not REGISTER
    "lwsdisp": ("3.1.1.6", 200, 200),
    "longreq": ("3.1.1.7", 401, CALL),
    "dblreq": ("3.1.1.8", 401, 200),
    "semiuri": ("3.1.1.9", 200, 200),
    "transports": ("3.1.1.10", 200, 200),
    "mpart01": ("3.1.1.11", 407, 480),  # to be passed on, to an extension without a phone
    "unreason": ("3.1.1.12", "response-unmatched", "response-unmatched"),
    "noreason": ("3.1.1.13", "response-unmatched", "response-unmatched"),
    # Invalid
    "badinv01": ("3.1.2.1", 401, 400),
    "clerr": ("3.1.2.2", 401, 400),
    "ncl": ("3.1.2.3", 401, 400),
    "scalar02": ("3.1.2.4", 400, 400),
    "scalarlg": ("3.1.2.5", "response-unreadable", "response-unreadable"),
    "quotbal": ("3.1.2.6", 400, 400),
    "ltgtruri": ("3.1.2.7", 401, 400),
    "lwsruri": ("3.1.2.8", 400, 400),
    "lwsstart": ("3.1.2.9", 401, 400),
    "trws": ("3.1.2.10", 400, 400),
    "escruri": ("3.1.2.11", 401, 400),
    "baddate": ("3.1.2.12", 401, CALL),  # nobody here reads Date: a bad one harms nobody
    "regbadct": ("3.1.2.13", 401, 400),
    "badaspec": ("3.1.2.14", 400, 400),
    "baddn": ("3.1.2.15", 400, 400),  # the RFC would let us guess; we do not
    "badvers": ("3.1.2.16", 505, 505),
    "mismatch01": ("3.1.2.17", 400, 400),
    "mismatch02": ("3.1.2.18", 400, 501),
    "bigcode": ("3.1.2.19", "unreadable", "unreadable"),
    # Transactions
    "badbranch": ("3.2.1", 200, 200),  # told from others by all that it says, as before RFC 3261
    # What applications decide
    "insuf": ("3.3.1", 400, 400),
    "unkscm": ("3.3.2", 416, 416),
    "novelsc": ("3.3.3", 416, 416),
    "unksm2": ("3.3.4", 401, 403),  # an ISBN is no name of an extension
    "bext01": ("3.3.5", 401, 420),
    "invut": ("3.3.6", 401, 415),
    "regaut01": ("3.3.7", 401, 200),  # the credentials of the unknown scheme count for nothing
    "multi01": ("3.3.8", 401, 400),
    "mcl01": ("3.3.9", 400, 400),
    "bcast": ("3.3.10", "response-unmatched", "response-unmatched"),
    "zeromf": ("3.3.11", 200, 200),  # it has come to its end
    "cparam01": ("3.3.12", 401, 200),
    "cparam02": ("3.3.13", 401, 200),
    "regescrt": ("3.3.14", 401, 200),
    "sdp01": ("3.3.15", 401, 406),
    # Before RFC 3261
    "inv2543": ("3.4.1", 401, 400),  # read, but without a Contact we could not call its sender back
}

RFC_5118: dict[str, tuple[str, int | str, int | str]] = {
    "ipv6-good": ("4.1", 401, 200),
    "ipv6-bad": ("4.2", 401, 400),
    "port-ambiguous": ("4.3", 401, 200),
    "port-unambiguous": ("4.4", 401, 200),
    "via-received-param-with-delim": ("4.5", 481, 481),
    "via-received-param-no-delim": ("4.5", 481, 481),
    "ipv6-in-sdp": ("4.6", 401, CALL),
    "mult-ip-in-header": ("4.7", 481, 481),
    "mult-ip-in-sdp": ("4.8", 401, CALL),
    "ipv4-mapped-ipv6": ("4.9", 401, CALL),
    "ipv6-bug-abnf-3-colons": ("4.10", 200, 200),  # taken, for old grammars allow it
    "ipv6-correct-abnf-2-colons": ("4.10", 200, 200),
}

TREATMENTS = RFC_4475 | RFC_5118
MESSAGES = messages.MESSAGES | messages_ipv6.MESSAGES


def test_no_message_is_left_out() -> None:
    assert (len(RFC_4475), len(RFC_5118)) == (49, 12)
    assert list(RFC_4475) == list(messages.MESSAGES)
    assert list(RFC_5118) == list(messages_ipv6.MESSAGES)


@pytest.mark.parametrize("name", TREATMENTS)
def test_a_stranger_gets(name: str) -> None:
    assert from_stranger(MESSAGES[name]) == TREATMENTS[name][1]


@pytest.mark.parametrize("name", TREATMENTS)
def test_an_extension_gets(name: str) -> None:
    assert from_extension(MESSAGES[name]) == TREATMENTS[name][2]


@pytest.mark.parametrize("name", TREATMENTS)
def test_it_is_read_unless_it_is_dropped_as_unreadable(name: str) -> None:
    if TREATMENTS[name][1] == "unreadable":
        with pytest.raises(ParseError):
            parse(MESSAGES[name])
    else:
        message = parse(MESSAGES[name])
        assert parse(message.to_bytes()).to_bytes() == message.to_bytes()
