"""Contact (RFC 3261, section 20.10)."""

import re

from msgspec import Struct

from softswitch.sip.errors import ParseError
from softswitch.sip.message.address import Address
from softswitch.sip.message.grammar import LARGEST, is_number
from softswitch.sip.message.parameters import Parameters
from softswitch.sip.message.uri import Uri

_qvalue = re.compile(r"0(?:\.\d{0,3})?|1(?:\.0{0,3})?").fullmatch

_MALFORMED_EXPIRES = 3600
"""What section 10.2.1.1 puts in the place of an `expires` that is no number."""


class Contact(Struct, frozen=True, gc=False):
    """Where somebody can be reached, or the star that stands for all bindings.

    Of the star, the URI is empty.
    """

    address: Address
    star: bool = False

    @classmethod
    def parse(cls, text: str) -> "Contact":
        if text == "*":
            return STAR
        return cls(Address.parse(text))

    @property
    def uri(self) -> Uri:
        return self.address.uri

    @property
    def parameters(self) -> Parameters:
        return self.address.parameters

    @property
    def q(self) -> float:
        """Preference from 0 to 1; raises ParseError when it is neither."""
        parameters = self.address.parameters
        text = parameters.get("q") if parameters.pairs else None
        if text is None:
            return 1.0
        if _qvalue(text) is None:
            raise ParseError("q", text, 0, "0 to 1 with up to three decimals")
        return float(text)

    @property
    def expires(self) -> int | None:
        """Seconds asked for with this contact."""
        parameters = self.address.parameters
        text = parameters.get("expires") if parameters.pairs else None
        if text is None:
            return None
        return min(int(text), LARGEST) if is_number(text) else _MALFORMED_EXPIRES

    def __str__(self) -> str:
        return "*" if self.star else str(self.address)


STAR = Contact(Address(Uri("", "")), star=True)
