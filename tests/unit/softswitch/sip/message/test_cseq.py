"""CSeq."""

import pytest

from softswitch.sip.errors import ParseError
from softswitch.sip.message.cseq import CSeq


def test_number_and_method() -> None:
    assert CSeq.parse("0009   INVITE") == CSeq(9, "INVITE")
    assert str(CSeq(314159, "BYE")) == "314159 BYE"


@pytest.mark.parametrize(
    "text", ["", "INVITE", "1", "1 ", "-1 BYE", "2147483648 BYE", "1 BYE now", "1 B(E"]
)
def test_malformed_values_are_refused(text: str) -> None:
    with pytest.raises(ParseError):
        CSeq.parse(text)
