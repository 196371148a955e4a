"""The messages of RFC 5118, section 4, by the names that the RFC gives them."""

from tests.torture.messages import sip


def plain(uri: str, via: str, method: str = "REGISTER", rest: str = "", body: str = "") -> bytes:
    """Return a message whose one difficulty is in one of its addresses."""
    return sip(
        f"{method} {uri} SIP/2.0\n"
        "To: sip:user@example.com\n"
        "From: sip:user@example.com;tag=81x2\n"
        f"{via}\n"
        "Max-Forwards: 70\n"
        'Contact: "Caller" <sip:caller@[2001:db8::1]>\n'
        "Call-ID: torture6@192.0.2.7\n"
        f"CSeq: 9 {method}\n"
        f"{rest}",
        body,
    )


def within(uri: str, via: str) -> bytes:
    """Return a BYE of a dialog that is not ours."""
    return plain(uri, via, "BYE").replace(b"@example.com\r\nFrom", b"@example.com;tag=bd76\r\nFrom")


VIA = "Via: SIP/2.0/UDP [2001:db8::9:1];branch=z9hG4bKas3-111"
SDP_TYPE = "Content-Type: application/sdp"

GOOD = plain("sip:[2001:db8::10]", VIA)
BAD = plain("sip:2001:db8::10", VIA)
PORT_AMBIGUOUS = plain("sip:[2001:db8::10:5070]", VIA)
PORT_UNAMBIGUOUS = plain("sip:[2001:db8::10]:5070", VIA)
RECEIVED_WITH_DELIM = within(
    "sip:[2001:db8::10]",
    "Via: SIP/2.0/UDP [2001:db8::9:1];received=[2001:db8::9:255];branch=z9hG4bKas3-111",
)
RECEIVED_NO_DELIM = within(
    "sip:[2001:db8::10]",
    "Via: SIP/2.0/UDP [2001:db8::9:1];received=2001:db8::9:255;branch=z9hG4bKas3",
)
IN_SDP = plain(
    "sip:user@[2001:db8::10]",
    "Via: SIP/2.0/UDP [2001:db8::20];branch=z9hG4bKas3-111",
    "INVITE",
    SDP_TYPE,
    "v=0\no=assistant 971731711378798081 0 IN IP6 2001:db8::20\ns=Live video feed\n"
    "c=IN IP6 2001:db8::20\nt=3338481189 3370017201\n"
    "m=audio 6000 RTP/AVP 2\na=rtpmap:2 G726-32/8000\n"
    "m=video 6024 RTP/AVP 107\na=rtpmap:107 H263-1998/90000\n",
)
MULTIPLE_IN_HEADER = within(
    "sip:user@host.example.net",
    "Via: SIP/2.0/UDP [2001:db8::9:1]:6050;branch=z9hG4bKas3-111\n"
    "Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKjhja8781hjuaij65144\n"
    "Via: SIP/2.0/TCP [2001:db8::9:255];branch=z9hG4bK451jj;received=192.0.2.200",
)
MULTIPLE_IN_SDP = plain(
    "sip:user@[2001:db8::10]",
    "Via: SIP/2.0/UDP [2001:db8::9:1];branch=z9hG4bKas3-111",
    "INVITE",
    SDP_TYPE,
    "v=0\no=bob 280744730 28977631 IN IP4 host.example.com\ns=\nt=0 0\n"
    "m=audio 22334 RTP/AVP 0\nc=IN IP4 192.0.2.1\n"
    "m=video 6024 RTP/AVP 107\nc=IN IP6 2001:db8::1\na=rtpmap:107 H263-1998/90000\n",
)
MAPPED = plain(
    "sip:user@example.com",
    "Via: SIP/2.0/UDP [::ffff:192.0.2.10]:19823;branch=z9hG4bKbh19\n"
    "Via: SIP/2.0/UDP [::ffff:192.0.2.2];branch=z9hG4bKas3-111;received=[::ffff:192.0.2.9]",
    "INVITE",
    SDP_TYPE,
    "v=0\no=bob 28908044538 2890844526 IN IP6 ::ffff:192.0.2.2\ns=-\n"
    "c=IN IP6 ::ffff:192.0.2.2\nt=0 0\nm=audio 50104 RTP/AVP 0 101\n",
)
THREE_COLONS = plain("sip:user@[2001:db8:::192.0.2.1]", VIA, "OPTIONS")
TWO_COLONS = plain("sip:user@[2001:db8::192.0.2.1]", VIA, "OPTIONS")

MESSAGES = {
    "ipv6-good": GOOD,
    "ipv6-bad": BAD,
    "port-ambiguous": PORT_AMBIGUOUS,
    "port-unambiguous": PORT_UNAMBIGUOUS,
    "via-received-param-with-delim": RECEIVED_WITH_DELIM,
    "via-received-param-no-delim": RECEIVED_NO_DELIM,
    "ipv6-in-sdp": IN_SDP,
    "mult-ip-in-header": MULTIPLE_IN_HEADER,
    "mult-ip-in-sdp": MULTIPLE_IN_SDP,
    "ipv4-mapped-ipv6": MAPPED,
    "ipv6-bug-abnf-3-colons": THREE_COLONS,
    "ipv6-correct-abnf-2-colons": TWO_COLONS,
}
"""All of them, by name."""
