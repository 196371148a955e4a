import pytest

from softswitch.sip.guard.scanners import Scanners
from softswitch.sip.settings import SCANNERS

HEAD = b"OPTIONS sip:100@10.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 10.0.0.9;branch=z9hG4bK1\r\n"


@pytest.mark.parametrize(
    "name", ["friendly-scanner", "SIPVicious 0.3.4", "sipcli/v1.8", "VaxSIPUserAgent/3.5"]
)
@pytest.mark.parametrize(
    "header",
    [
        b"User-Agent: ",
        b"user-agent:",
        b"USER-AGENT:\t",
        b"User-Agent : ",
        b"uSER-aGENT\t :",
        b"User-Agent:\r\n ",
        b"User-Agent: snom\r\nUser-Agent: ",
        b"Subject: " + b"x" * 5000 + b"\r\nUser-Agent: ",
    ],
)
def test_a_scanner_is_known_by_its_name(name: str, header: bytes) -> None:
    data = HEAD + header + name.encode() + b"\r\nContent-Length: 0\r\n\r\n"
    assert Scanners(SCANNERS).sent(data)


def test_a_scanner_is_known_where_lines_end_in_lf_alone() -> None:
    data = HEAD.replace(b"\r\n", b"\n") + b"User-Agent: sipcli\n\n"
    assert Scanners(SCANNERS).sent(data)


@pytest.mark.parametrize(
    "data",
    [
        HEAD + b"User-Agent: Yealink SIP-T46S 66.85.0.5\r\n\r\n",
        HEAD + b"\r\n",
        HEAD + b"Subject: friendly-scanner\r\nUser-Agent: snom\r\n\r\n",
        HEAD + b"User-Agent: snom\r\nSubject: sipcli\r\n\r\n",
        b"",
        b"\r\nuser-agent:",
        HEAD + b"User-Agent-Of: sipcli\r\n\r\n",
    ],
)
def test_a_telephone_is_none_whatever_it_speaks_about(data: bytes) -> None:
    assert not Scanners(SCANNERS).sent(data)


def test_without_names_nobody_is_one() -> None:
    assert not Scanners(()).sent(HEAD + b"User-Agent: friendly-scanner\r\n\r\n")
