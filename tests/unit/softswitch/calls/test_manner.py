"""What a step's telephones can do."""

import pytest

from softswitch.calls.manner import can_meet
from softswitch.sip.flow import Flow

FOUR, SIX = b"c=IN IP4 192.0.2.7\r\n", b"c=IN IP6 2001:db8::7\r\n"


@pytest.mark.parametrize(
    ("description", "host", "meets"),
    [
        (FOUR, "192.0.2.1", True),
        (FOUR, "2001:db8::1", False),
        (SIX, "192.0.2.1", False),
        (SIX, "2001:db8::1", True),
        (FOUR + SIX, "192.0.2.1", True),
        (FOUR + SIX, "2001:db8::1", True),
        (b"unknown", "2001:db8::1", True),
    ],
)
def test_speech_passes_between_telephones_of_one_version_of_ip(
    description: bytes, host: str, meets: bool
) -> None:
    assert can_meet(description, Flow("udp", ("192.0.2.2", 5060), (host, 5060))) is meets
