"""SIP as a generator needs it: a few things found by their bytes, the rest made from templates.

What is looked for is expected as the switch writes it: names of headers in full and in the usual
case, one blank after the colon. A switch that wrote otherwise would fail every call, loudly.
"""

import hashlib
import re

VIA = b"\r\nVia: "
FROM = b"\r\nFrom: "
TO = b"\r\nTo: "
CALL_ID = b"\r\nCall-ID: "
CSEQ = b"\r\nCSeq: "
CONTACT = b"\r\nContact: "
RECORD_ROUTE = b"\r\nRecord-Route: "

Place = tuple[str, int]
"""Address and port."""

_CHALLENGE = re.compile(rb"\r\n(WWW|Proxy)-Authenticate: Digest ([^\r]*)")
_PARAMETER = re.compile(rb'(\w+)=(?:"([^"]*)"|([^",\s]+))')
_CONNECTION = re.compile(rb"^c=IN IP4 (\S+)", re.MULTILINE)
_KEY = re.compile(rb"^a=crypto:\d+ \S+ inline:([^\s|]+)", re.MULTILINE)
_AUDIO = re.compile(rb"^m=audio (\d+)", re.MULTILINE)


def field(data: bytes, name: bytes) -> bytes:
    """Return the value of the first header `name`, a constant of this module; empty without one."""
    begin = data.find(name)
    if begin < 0:
        return b""
    begin += len(name)
    return data[begin : data.find(b"\r\n", begin)]


def fields(data: bytes, name: bytes) -> list[bytes]:
    """Return the values of all headers `name`, in order."""
    found = []
    begin = data.find(name)
    while begin >= 0:
        begin += len(name)
        end = data.find(b"\r\n", begin)
        found.append(data[begin:end])
        begin = data.find(name, end)
    return found


def enclosed(address: bytes) -> bytes:
    """Return the URI between the angle brackets of `address`."""
    begin = address.find(b"<") + 1
    return address[begin : address.find(b">", begin)]


class Credential:
    """What a telephone proves itself with: digest with MD5 (RFC 7616), a new nonce each time."""

    __slots__ = ("_cnonce", "_secret", "_user", "user")

    def __init__(self, user: str, realm: str, password: str) -> None:
        self.user = user
        self._user = user.encode()
        self._secret = _md5(f"{user}:{realm}:{password}".encode())
        self._cnonce = f"cnonce{user}".encode()

    def answer(self, data: bytes, method: bytes, uri: bytes) -> bytes:
        """Return the header that answers the challenge in `data`; empty when there is none that
        MD5 can answer."""
        for who, text in _CHALLENGE.findall(data):
            asked = {name: quoted or token for name, quoted, token in _PARAMETER.findall(text)}
            if asked.get(b"algorithm", b"MD5") == b"MD5":
                return self._prove(who, asked[b"realm"], asked[b"nonce"], method, uri)
        return b""

    def _prove(self, who: bytes, realm: bytes, nonce: bytes, method: bytes, uri: bytes) -> bytes:
        right = _md5(
            b"%b:%b:00000001:%b:auth:%b"
            % (self._secret, nonce, self._cnonce, _md5(b"%b:%b" % (method, uri)))
        )
        return (
            b'%b: Digest username="%b", realm="%b", nonce="%b", uri="%b", response="%b", '
            b'algorithm=MD5, cnonce="%b", qop=auth, nc=00000001\r\n'
        ) % (
            b"Authorization" if who == b"WWW" else b"Proxy-Authorization",
            self._user,
            realm,
            nonce,
            uri,
            right,
            self._cnonce,
        )


def describe(place: Place) -> bytes:
    """Return the session description of a telephone that knows G.711 and digits."""
    address, port = place
    return (
        f"v=0\r\no=- 1 1 IN IP4 {address}\r\ns=-\r\nc=IN IP4 {address}\r\nt=0 0\r\n"
        f"m=audio {port} RTP/AVP 0 8 101\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:8 PCMA/8000\r\n"
        "a=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\na=ptime:20\r\na=sendrecv\r\n"
    ).encode()


def place_of(data: bytes) -> Place:
    """Return where a description, or the body of a message, wants media; raises ValueError."""
    connection, audio = _CONNECTION.search(data), _AUDIO.search(data)
    if connection is None or audio is None:
        raise ValueError("a description without an address or without audio")
    return connection[1].decode(), int(audio[1])


def key_of(data: bytes) -> bytes:
    """Return the key of a description (RFC 4568) as it is written; empty without one."""
    found = _KEY.search(data)
    return b"" if found is None else found[1]


def _md5(data: bytes) -> bytes:
    return hashlib.md5(data, usedforsecurity=False).hexdigest().encode()
