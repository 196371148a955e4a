"""Status lines as pieces of messages (RFC 3420)."""

import pytest

from softswitch.sip.errors import ParseError
from softswitch.sip.message.sipfrag import StatusFragment


@pytest.mark.parametrize(
    ("body", "fragment"),
    [
        (b"SIP/2.0 100 Trying\r\n", StatusFragment(100, "Trying")),
        (b"SIP/2.0 200 OK", StatusFragment(200, "OK")),
        (b"SIP/2.0 486\r\n", StatusFragment(486)),
        (
            b"SIP/2.0 603 Declined\r\nRemote-Party-ID: Bob <sip:bob@x>\r\n\r\n",
            StatusFragment(603, "Declined"),
        ),
    ],
)
def test_the_status_is_read_whatever_follows_it(body: bytes, fragment: StatusFragment) -> None:
    assert StatusFragment.parse(body) == fragment


@pytest.mark.parametrize(
    "body", [b"", b"OK", b"SIP/2.0 20 OK", b"SIP/2.0 999 X", b"SIP/1.0 200 OK"]
)
def test_what_has_no_status_is_refused(body: bytes) -> None:
    with pytest.raises(ParseError):
        StatusFragment.parse(body)


def test_a_phrase_is_found_and_cannot_begin_a_line() -> None:
    assert StatusFragment(100).to_bytes() == b"SIP/2.0 100 Trying\r\n"
    assert StatusFragment(486, "Busy\r\nVia: x").to_bytes() == b"SIP/2.0 486 Busy Via: x\r\n"


def test_whether_it_is_the_last_word() -> None:
    assert StatusFragment(200).is_final
    assert not StatusFragment(183).is_final
