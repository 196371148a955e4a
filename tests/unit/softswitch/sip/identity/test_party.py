import pytest
from hypothesis import given
from hypothesis import strategies as st

from softswitch.sip.claims import Party
from softswitch.sip.identity.party import party, read_party
from softswitch.sip.message import Address

NAMES = st.text(st.characters(min_codepoint=32, exclude_characters="\x7f", codec="utf-8"))


@pytest.mark.parametrize(
    ("who", "written"),
    [
        (Party("101"), "<sip:101@pbx>"),
        (Party("101", "Zoë"), '"Zoë" <sip:101@pbx>'),
        (Party("101", 'The "Boss" \\o/'), '"The \\"Boss\\" \\\\o/" <sip:101@pbx>'),
        (Party("1 0#1"), "<sip:1%200%231@pbx>"),
        (Party("", "Front door"), '"Front door" <sip:anonymous@anonymous.invalid>'),
    ],
)
def test_a_party_as_an_address(who: Party, written: str) -> None:
    assert party(who, "pbx") == written


@given(st.text("0123456789*#+", min_size=1), NAMES.map(str.strip))
def test_every_name_survives_being_written_and_read(number: str, name: str) -> None:
    assert read_party(party(Party(number, name), "pbx")) == Party(number, name)


@pytest.mark.parametrize(
    "text",
    ["", "<sip:>", '"Anonymous" <sip:anonymous@anonymous.invalid>', "<sip:pbx>", '"x <sip:1@a>'],
)
def test_nobody_is_read_where_nobody_is_named(text: str) -> None:
    assert read_party(text) is None


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("<tel:+48-22-123.45(67)>", "+48221234567"),
        ("<tel:7042;phone-context=example.com>", "7042"),
        ("<sip:+48-22-123@a;user=phone>", "+4822123"),
        ("<sip:7042;phone-context=+48@a;user=phone>", "7042"),
        ("<sip:front-door@a>", "front-door"),
    ],
)
def test_a_telephone_number_loses_what_is_for_the_eye(text: str, number: str) -> None:
    assert read_party(text) == Party(number)
    uri = Address.parse(text).uri
    assert f"<{uri}>" == text, "it is passed on as it came"
