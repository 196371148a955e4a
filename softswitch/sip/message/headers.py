"""Header names: long, compact (RFC 3261, section 7.3.3) and oddly written, to one small id."""

from enum import IntEnum, auto
from sys import intern

from softswitch.sip.errors import ParseError
from softswitch.sip.message.grammar import is_token


class Header(IntEnum):
    """A header that the switch knows by name; every other one is OTHER."""

    OTHER = auto()
    VIA = auto()
    FROM = auto()
    TO = auto()
    CALL_ID = auto()
    CSEQ = auto()
    CONTACT = auto()
    MAX_FORWARDS = auto()
    ROUTE = auto()
    RECORD_ROUTE = auto()
    PATH = auto()
    SERVICE_ROUTE = auto()
    CONTENT_LENGTH = auto()
    CONTENT_TYPE = auto()
    CONTENT_DISPOSITION = auto()
    CONTENT_ENCODING = auto()
    CONTENT_LANGUAGE = auto()
    MIME_VERSION = auto()
    AUTHORIZATION = auto()
    PROXY_AUTHORIZATION = auto()
    WWW_AUTHENTICATE = auto()
    PROXY_AUTHENTICATE = auto()
    AUTHENTICATION_INFO = auto()
    EXPIRES = auto()
    MIN_EXPIRES = auto()
    SUPPORTED = auto()
    REQUIRE = auto()
    PROXY_REQUIRE = auto()
    UNSUPPORTED = auto()
    ALLOW = auto()
    ACCEPT = auto()
    ACCEPT_ENCODING = auto()
    ACCEPT_LANGUAGE = auto()
    USER_AGENT = auto()
    SERVER = auto()
    ORGANIZATION = auto()
    REASON = auto()
    DIVERSION = auto()
    HISTORY_INFO = auto()
    P_ASSERTED_IDENTITY = auto()
    P_PREFERRED_IDENTITY = auto()
    REMOTE_PARTY_ID = auto()
    PRIVACY = auto()
    IDENTITY = auto()
    EVENT = auto()
    ALLOW_EVENTS = auto()
    SUBSCRIPTION_STATE = auto()
    RETRY_AFTER = auto()
    WARNING = auto()
    ERROR_INFO = auto()
    DATE = auto()
    TIMESTAMP = auto()
    SESSION_EXPIRES = auto()
    MIN_SE = auto()
    RSEQ = auto()
    RACK = auto()
    REFER_TO = auto()
    REFERRED_BY = auto()
    REPLACES = auto()
    JOIN = auto()
    CALL_INFO = auto()
    ALERT_INFO = auto()
    ANSWER_MODE = auto()
    SUBJECT = auto()
    PRIORITY = auto()
    IN_REPLY_TO = auto()
    REPLY_TO = auto()
    INFO_PACKAGE = auto()
    RECV_INFO = auto()


_IRREGULAR = {
    Header.CALL_ID: "Call-ID",
    Header.CSEQ: "CSeq",
    Header.WWW_AUTHENTICATE: "WWW-Authenticate",
    Header.P_ASSERTED_IDENTITY: "P-Asserted-Identity",
    Header.REMOTE_PARTY_ID: "Remote-Party-ID",
    Header.MIN_SE: "Min-SE",
    Header.MIME_VERSION: "MIME-Version",
    Header.RSEQ: "RSeq",
    Header.RACK: "RAck",
}

_COMPACT = {
    "v": Header.VIA,
    "f": Header.FROM,
    "t": Header.TO,
    "i": Header.CALL_ID,
    "m": Header.CONTACT,
    "l": Header.CONTENT_LENGTH,
    "c": Header.CONTENT_TYPE,
    "e": Header.CONTENT_ENCODING,
    "k": Header.SUPPORTED,
    "s": Header.SUBJECT,
    "o": Header.EVENT,
    "u": Header.ALLOW_EVENTS,
    "r": Header.REFER_TO,
    "b": Header.REFERRED_BY,
    "x": Header.SESSION_EXPIRES,
    "y": Header.IDENTITY,
}

NAMES: dict[Header, str] = {
    header: _IRREGULAR.get(header, header.name.replace("_", "-").title())
    for header in Header
    if header is not Header.OTHER
}
"""The long name of each, as it is written."""

_BY_LOWER = {name.lower(): header for header, name in NAMES.items()} | _COMPACT

SPELLINGS: dict[str, Header] = {
    spelling: header
    for name, header in ((*_BY_LOWER.items(), *((n, h) for h, n in NAMES.items())))
    for spelling in (name, name.lower(), name.upper(), name.title())
}
"""Every spelling met so far. `learn` adds to it, up to a bound."""

BEGINNINGS: dict[str, Header] = {f"{name}:": header for name, header in SPELLINGS.items()}
"""The same with their colon: how nearly every line begins, up to its first space."""

_MOST_SPELLINGS = 2000
_LONGEST_SPELLING = 64


def learn(name: str) -> Header:
    """Return the id of a name that SPELLINGS lacks; raises ParseError when it is no name."""
    bare = name.rstrip(" \t")
    if not is_token(bare):
        raise ParseError("header name", name, 0, "a token before the colon")
    header = _BY_LOWER.get(bare.lower(), Header.OTHER)
    if len(SPELLINGS) < _MOST_SPELLINGS and len(name) <= _LONGEST_SPELLING:
        SPELLINGS[intern(name)] = header
        BEGINNINGS[f"{name}:"] = header
    return header


def header_of(name: str) -> Header:
    """Return the id of a header's name, in any spelling."""
    return SPELLINGS.get(name) or learn(name)
