"""Texts that say how calls sound: codecs, ringing, and the way of speech."""

import re
from typing import Annotated, Literal

from pydantic import BeforeValidator, WithJsonSchema

from media.countries import COUNTRIES
from media.sdp.formats import BY_ANY_CASE, CODECS
from softswitch.configuration.values import one_of, text_of

_PATHS = ("through", "direct")
_EARLY = ("through", "local")
_DTMF = ("auto", "rfc4733", "inband", "info")
_SRTP = ("off", "optional", "required")
_is_header = re.compile(r"<[^<>\s]+>(?:;[^\r\n<>]+)?").fullmatch
_is_uri = re.compile(r"(?:https?://|urn:|file:|cid:)[^<>\s;,]+", re.IGNORECASE).fullmatch
_is_word = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}").fullmatch
_is_agent = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._/()+-]{0,99}").fullmatch
_is_domain = re.compile(
    r"[A-Za-z0-9](?:[A-Za-z0-9.-]{0,252}[A-Za-z0-9])?|\[[0-9A-Fa-f:.]+\]"
).fullmatch


def _codec(value: object) -> str:
    name = text_of(value)
    codec = BY_ANY_CASE.get(name.upper())
    return codec.name if codec else one_of(name, CODECS, "codec")


def _alert(value: object) -> str:
    """Return the Alert-Info of a word, a URI, or what stands in the header as it is."""
    text = text_of(value)
    if _is_header(text):
        return text
    if _is_uri(text):
        return f"<{text}>"
    if _is_word(text):
        return f"<http://softswitch.invalid>;info={text}"
    raise ValueError(f"expected a word such as internal, a URI, or '<URI>;info=...', not {text!r}")


def _country(value: object) -> str:
    code = text_of(value).lower()
    if code not in COUNTRIES:
        codes = {tones.name.lower(): known for known, tones in COUNTRIES.items()}
        hint = f"; did you mean {codes[code]!r}?" if code in codes else ""
        known = ", ".join(COUNTRIES)
        raise ValueError(f"{code!r} is no country whose tones are known{hint}; expected {known}")
    return code


def _path(value: object) -> str:
    return one_of(text_of(value).lower(), _PATHS, "way of media")


def _early(value: object) -> str:
    return one_of(text_of(value).lower(), _EARLY, "way of early media")


def _dtmf(value: object) -> str:
    return one_of(text_of(value).lower(), _DTMF, "way of digits")


def _srtp(value: object) -> str:
    return one_of(text_of(value).lower(), _SRTP, "way of srtp")


def _agent(value: object) -> str:
    text = text_of(value)
    if _is_agent(text) is None:
        raise ValueError(f"expected a name such as 'Office PBX', not {text!r}")
    return text


def _domain(value: object) -> str:
    text = text_of(value)
    if _is_domain(text) is None:
        raise ValueError(f"expected a domain such as pbx.example.com, not {text!r}")
    return text.lower()


def _described(description: str) -> WithJsonSchema:
    return WithJsonSchema({"type": "string", "description": description})


CodecName = Annotated[
    str,
    BeforeValidator(_codec),
    WithJsonSchema({"enum": [*dict.fromkeys([*(name.lower() for name in CODECS), *CODECS])]}),
]
Alert = Annotated[
    str, BeforeValidator(_alert), _described("A word such as internal, a URI, or <URI>;info=...")
]
MediaPath = Annotated[
    Literal["through", "direct"], BeforeValidator(_path), WithJsonSchema({"enum": list(_PATHS)})
]
EarlyMedia = Annotated[
    Literal["through", "local"], BeforeValidator(_early), WithJsonSchema({"enum": list(_EARLY)})
]
Dtmf = Annotated[
    Literal["auto", "rfc4733", "inband", "info"],
    BeforeValidator(_dtmf),
    WithJsonSchema({"enum": list(_DTMF)}),
]
Country = Annotated[str, BeforeValidator(_country), WithJsonSchema({"enum": list(COUNTRIES)})]
Encryption = Annotated[
    Literal["off", "optional", "required"],
    BeforeValidator(_srtp),
    WithJsonSchema({"enum": list(_SRTP)}),
]
Agent = Annotated[str, BeforeValidator(_agent), _described("A name, such as Office PBX")]
Domain = Annotated[str, BeforeValidator(_domain), _described("A domain, such as pbx.example.com")]
