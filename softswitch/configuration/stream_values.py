"""Texts that say how telephones connect by streams."""

import re
from typing import Annotated, Literal

from pydantic import BeforeValidator, WithJsonSchema

from softswitch.configuration.values import one_of, text_of

_CLIENT_CERTIFICATES = ("none", "optional", "required")


def _client_certificates(value: object) -> object:
    return one_of(text_of(value).lower(), _CLIENT_CERTIFICATES, "choice")


def _path(value: object) -> object:
    path = text_of(value)
    if not re.fullmatch(r"/[A-Za-z0-9._~/-]*", path):
        raise ValueError(f"expected a path such as '/ws', not {path!r}")
    return path


def _origin(value: object) -> object:
    origin = text_of(value).lower()
    if not re.fullmatch(r"https?://[^/\s]+", origin):
        raise ValueError(f"expected a site such as 'https://phone.example.com', not {origin!r}")
    return origin


ClientCertificates = Annotated[
    Literal["none", "optional", "required"],
    BeforeValidator(_client_certificates),
    WithJsonSchema({"enum": list(_CLIENT_CERTIFICATES)}),
]
UrlPath = Annotated[
    str,
    BeforeValidator(_path),
    WithJsonSchema({"type": "string", "pattern": "^/", "description": "Such as /ws"}),
]
Origin = Annotated[
    str,
    BeforeValidator(_origin),
    WithJsonSchema({"type": "string", "description": "A site, such as https://phone.example.com"}),
]
