"""Header names and their ids."""

import pytest

from softswitch.sip.errors import ParseError
from softswitch.sip.message.headers import BEGINNINGS, NAMES, SPELLINGS, Header, header_of


@pytest.mark.parametrize(
    ("spelling", "header"),
    [
        ("Via", Header.VIA),
        ("v", Header.VIA),
        ("V", Header.VIA),
        ("cOnTaCt", Header.CONTACT),
        ("Call-Id", Header.CALL_ID),
        ("From  ", Header.FROM),
        ("x", Header.SESSION_EXPIRES),
        ("NewFangledHeader", Header.OTHER),
    ],
)
def test_a_name_is_known_in_any_spelling(spelling: str, header: Header) -> None:
    assert header_of(spelling) is header


def test_long_names_are_written_as_the_rfcs_write_them() -> None:
    assert NAMES[Header.CALL_ID] == "Call-ID"
    assert NAMES[Header.CSEQ] == "CSeq"
    assert NAMES[Header.WWW_AUTHENTICATE] == "WWW-Authenticate"
    assert NAMES[Header.P_ASSERTED_IDENTITY] == "P-Asserted-Identity"
    assert NAMES[Header.MAX_FORWARDS] == "Max-Forwards"


def test_what_is_no_token_is_no_name() -> None:
    with pytest.raises(ParseError):
        header_of("Bad Name")


def test_strangers_cannot_fill_the_memory_with_names() -> None:
    for n in range(5000):
        header_of(f"X-Flood-{n}")
    assert len(BEGINNINGS) <= len(SPELLINGS) <= 2000
    assert header_of("X-Flood-4999") is Header.OTHER
    assert header_of("cALL-iD") is Header.CALL_ID
