"""Where a request out of any dialog goes (RFC 3261, section 16.5)."""

from typing import Protocol

from softswitch.sip.digest import ALGORITHMS
from softswitch.sip.flow import Flow
from softswitch.sip.listeners import Listeners
from softswitch.sip.message import Address, Contact, Header, Request, Response, Uri
from softswitch.sip.methods import INVITE
from softswitch.sip.proxy.context import Redirect
from softswitch.sip.proxy.next_hop import next_hop
from softswitch.sip.proxy.objection import Objection
from softswitch.sip.proxy.redirection import leave_contacts, take_contacts
from softswitch.sip.proxy.routes import topmost
from softswitch.sip.registrar import Registrar
from softswitch.sip.settings import ProxySettings
from softswitch.sip.vocabulary import Elsewhere, Target

_ALGORITHMS = sorted(ALGORITHMS)
"""The one that nearly everybody has a password in comes first."""


class Passwords(Protocol):
    """What is known of extensions, as admission sees it."""

    def ha1(self, user: str, algorithm: str) -> str | None: ...


class Targets:
    """Finds the phones of an extension, and the way to everybody else.

    passwords  who has one in any algorithm is an extension
    """

    __slots__ = ("_follows", "_leads_outside", "_listeners", "_passwords", "_registrar")

    def __init__(
        self,
        listeners: Listeners,
        registrar: Registrar,
        passwords: Passwords,
        settings: ProxySettings,
    ) -> None:
        self._listeners = listeners
        self._registrar = registrar
        self._passwords = passwords
        self._follows = settings.follows_redirects
        self._leads_outside = settings.leads_outside

    def is_asked_after(self, request: Request, flow: Flow, now: float) -> bool:
        """Whether an OPTIONS comes from a phone of ours, and is not about itself or the switch.

        Everybody else's is a probe. Raises ParseError.
        """
        number = Uri.parse(request.uri).number
        if not number:
            return False
        sender = request.from_().uri.number
        return sender != number and self._registrar.is_reached_by(flow, sender, now)

    def is_home(self, request: Request, flow: Flow, now: float) -> bool:
        """Whether a phone of who sends a request is registered by `flow`. Raises ParseError."""
        return self._registrar.is_reached_by(flow, request.from_().uri.number, now)

    def leads_on(self, request: Request, extension: str) -> bool:
        """Whether a request, off which our own Route was taken, is for anybody outside, or for
        another extension than the one that sends it. Raises ParseError."""
        uri = Uri.parse(request.uri)
        if topmost(request) or not self._is_ours(uri, request):
            return True
        number = uri.number
        if number == extension and request.method != INVITE:
            return False
        return self._knows(number)

    def find(
        self, request: Request, caller: Flow, now: float
    ) -> list[list[Target]] | list[list[Elsewhere]] | Objection:
        """Return the targets, in groups that are tried one after the other; or the answer that
        the request gets instead. Raises ParseError and Refusal."""
        route = topmost(request)
        uri = Uri.parse(request.uri)
        if not route and self._is_ours(uri, request):
            return self._phones(uri, caller, now)
        if not self._leads_outside:
            return 403, "Nobody Outside Is Reached So", ()
        hop = Address.parse(route).uri if route else uri
        return [[next_hop(hop, request.uri, caller, self._listeners)]]

    def redirection(self, request: Request, caller: Flow) -> Redirect | None:
        """Return what follows the 3xx that `request` gets; None when nothing does.

        Only our own extensions are called so, each once: the caller may call all of them.
        """
        if not self._follows:
            return None
        tried = {Uri.parse(request.uri).number}

        def follow(response: Response, now: float) -> list[Target]:
            targets: list[Target] = []
            others: list[Contact] = []
            for contact in take_contacts(response):
                number = contact.uri.number
                found = (
                    self._phones(contact.uri, caller, now)
                    if self._is_extension(contact.uri) and number not in tried
                    else ()
                )
                if isinstance(found, list):
                    tried.add(number)
                    targets += [target for group in found for target in group]
                else:
                    others.append(contact)
            leave_contacts(response, others)
            return targets

        return follow

    def _phones(self, uri: Uri, caller: Flow, now: float) -> list[list[Target]] | Objection:
        extension = uri.number
        if not self._knows(extension):
            text = f'399 {self._listeners.face(caller).host} "Only extensions are reached so"'
            return 404, "", ((Header.WARNING, text),)
        phones = self._registrar.groups(extension, now, secure=uri.scheme == "sips")
        return phones or (480, "", ())

    def _knows(self, extension: str) -> bool:
        for algorithm in _ALGORITHMS:
            if self._passwords.ha1(extension, algorithm) is not None:
                return True
        return False

    def _is_extension(self, uri: Uri) -> bool:
        return uri.is_sip and self._listeners.know(uri.host) and self._knows(uri.number)

    def _is_ours(self, uri: Uri, request: Request) -> bool:
        """Whether a Request-URI names this switch, or what the caller takes for its own home."""
        if not uri.is_sip:
            return True  # a number, which nobody else is asked about
        return self._listeners.know(uri.host) or uri.host == request.from_().uri.host
