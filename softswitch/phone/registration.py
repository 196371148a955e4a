"""A phone's registration: one binding, refreshed before it ends (RFC 3261, section 10)."""

from softswitch.identifiers import Identifiers
from softswitch.phone.call import USER_AGENT, is_same_uri
from softswitch.phone.events import Complaint, PhoneOutput, Registered, Unregistered
from softswitch.sip.errors import ParseError
from softswitch.sip.message import Header, Request, Response
from softswitch.sip.message.grammar import is_number

_EARLY = 30.0
"""Seconds before its end at which a long binding is refreshed; a short one at half its time."""


class Registration:
    """Makes the REGISTERs of one phone and reads what is said to them.

    aor      address of record
    contact  the URI to be reached by
    """

    __slots__ = ("_aor", "_call_id", "_contact", "_cseq", "_registrar", "_tag", "expires")

    def __init__(self, aor: str, registrar: str, contact: str, identifiers: Identifiers) -> None:
        self._aor = aor
        self._registrar = registrar
        self._contact = contact
        self._call_id = identifiers.call_id()
        self._tag = identifiers.tag()
        self._cseq = 0
        self.expires = 0
        """Seconds last asked for."""

    def request(self, expires: int) -> Request:
        self.expires = expires
        self._cseq += 1
        return Request.build(
            "REGISTER",
            self._registrar,
            [
                (Header.MAX_FORWARDS, "70"),
                (Header.FROM, f"<{self._aor}>;tag={self._tag}"),
                (Header.TO, f"<{self._aor}>"),
                (Header.CALL_ID, self._call_id),
                (Header.CSEQ, f"{self._cseq} REGISTER"),
                (Header.CONTACT, f"<{self._contact}>"),
                (Header.EXPIRES, str(expires)),
                (Header.USER_AGENT, USER_AGENT),
            ],
        )

    def again(self, request: Request) -> None:
        """Give a request that is sent once more its next number."""
        self._cseq += 1
        request.set(Header.CSEQ, f"{self._cseq} REGISTER")

    def longer(self, response: Response) -> int | None:
        """Return the seconds that a 423 asks for, if it asks for more than we did."""
        text = response.first(Header.MIN_EXPIRES) or ""
        if response.status != 423 or not is_number(text) or int(text) <= self.expires:
            return None
        return int(text)

    def accepted(self, response: Response) -> tuple[list[PhoneOutput], float | None]:
        """Return what a 200 means, and after how many seconds to register again."""
        try:
            contacts = response.contacts()
        except ParseError as error:
            return [Complaint("", str(error))], None
        if self.expires == 0:
            return [Unregistered()], None
        for contact in contacts:
            if is_same_uri(str(contact.uri), self._contact):
                granted = contact.expires if contact.expires is not None else response.expires()
                break
        else:
            return [Complaint("", "the 200 to REGISTER lacks our Contact")], None
        if granted is None:
            return [Complaint("", "the 200 to REGISTER does not say for how long")], None
        refresh = max(granted - _EARLY, granted / 2)
        return [Registered(granted, tuple(str(one.uri) for one in contacts))], refresh
