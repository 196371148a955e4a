"""Who is this, and may he come in?

One decision for every request out of a dialog, whatever its method: the extension that it
comes from, or the response that it gets instead. What a stranger sees does not depend on which
extensions exist: an unknown user is challenged, checked against a secret that nobody has, and
challenged again, in the same time and words as a known one.
"""

from typing import Protocol

from msgspec import Struct

from softswitch.sip.denied import Denied
from softswitch.sip.digest import (
    ALGORITHMS,
    NonceSource,
    challenge,
    ha1,
    verify,
)
from softswitch.sip.errors import ParseError
from softswitch.sip.flow import Flow
from softswitch.sip.guard import LONGEST_USER, Bans, Mistakes
from softswitch.sip.identity import is_hidden
from softswitch.sip.listeners import Listeners
from softswitch.sip.message import Credentials, Header, Request, Response, Uri, respond, validate
from softswitch.sip.methods import OPTIONS, REGISTER
from softswitch.sip.settings import EndpointSettings

WRONG_PASSWORD = "Wrong Password"
"""Or no such user: nobody is told which."""

WRONG_ONCE_MORE = "Wrong User or Password"
"""What a phone is told, and perhaps shows, that has given so many wrong ones in a row."""


class Passwords(Protocol):
    """What the switch knows of its users' secrets, for its one realm."""

    def ha1(self, user: str, algorithm: str) -> str | None:
        """Return the hash of user, realm and password, or None for an unknown user. Who is known is
        known in every algorithm that a listener offers: else a right password would be a guess.

        The same work for both, or the time that it takes tells them apart.
        """

    def admits(self, user: str, host: str) -> bool:
        """Whether a known user may come from there."""


class Admitted(Struct, frozen=True, gc=False):
    """The request comes from this extension: its credentials are right, and From is its own."""

    extension: str


class Admission:
    """Asks every request out of a dialog for credentials.

    bans   is told of wrong passwords, and of right ones
    decoy  a password that nobody knows, for users that do not exist
    tag    for the To of our answers
    """

    __slots__ = (
        "_bans",
        "_decoys",
        "_denials",
        "_listeners",
        "_mistakes",
        "_nonces",
        "_passwords",
        "_questions",
        "_settings",
        "_tag",
    )

    def __init__(
        self,
        settings: EndpointSettings,
        listeners: Listeners,
        passwords: Passwords,
        nonces: NonceSource,
        bans: Bans,
        decoy: str,
        tag: str,
    ) -> None:
        self._settings = settings
        self._listeners = listeners
        self._passwords = passwords
        self._nonces = nonces
        self._decoys = {
            algorithm: ha1("", settings.realm, decoy, algorithm) for algorithm in ALGORITHMS
        }
        self._questions = {
            (algorithm, is_stale): _around_nonce(settings.realm, algorithm, is_stale=is_stale)
            for algorithm in ALGORITHMS
            for is_stale in (False, True)
        }
        self._tag = tag
        self._bans = bans
        self._mistakes = Mistakes(settings.bans)
        self._denials: list[Denied] = []

    def admit(
        self, request: Request, flow: Flow, now: float, *, as_proxy: bool = False, speaker: str = ""
    ) -> Admitted | Response:
        """Return whose request this is, or what to answer it with. Raises ParseError and Refusal.

        as_proxy  ask with 407, as who passes requests on does (RFC 3261, section 22.3)
        speaker   the extension that alone may send it, within a dialog of its own, where From says
                  what was dialled

        A password is looked at only when it comes with a nonce that was given to this host, and
        in the name that the request speaks in. So nobody can guess in the name of an address that
        is not his, nor behind that of a phone which may not be barred.
        """
        algorithms = self._listeners.face(flow).algorithms
        credentials = self._credentials(request, algorithms, as_proxy)
        if credentials is None:
            if speaker:
                return self._challenge(request, algorithms, flow, now, as_proxy)
            return self.ask(request, flow, now, as_proxy=as_proxy)
        user = credentials.username
        if not (user == speaker if speaker else self._may_speak(user, request, flow)):
            return self._forbid(request, credentials, flow, "From Is Not Yours", now)
        if request.method == REGISTER and not _names(request.to().uri, user):
            return self._forbid(request, credentials, flow, "To Is Not Yours", now)
        nc = credentials.nc
        serial = self._nonces.recognise(credentials.nonce, nc, flow.remote[0], now)
        if serial is None:
            return self._challenge(request, algorithms, flow, now, as_proxy, is_stale=True)
        algorithm = credentials.algorithm
        if algorithm not in ALGORITHMS:
            algorithm = algorithm.upper()
        known = self._passwords.ha1(user, algorithm)
        is_right = verify(credentials, request.method, known or self._decoys[algorithm], algorithm)
        if not is_right or known is None:
            self._bans.note(flow, user, now)
            if self._mistakes.are_enough(flow, user, request.call_id(), now):
                refused = respond(request, 403, WRONG_ONCE_MORE, to_tag=self._tag)
            else:
                refused = self._challenge(request, algorithms, flow, now, as_proxy)
            self._deny(request.method, user, flow, refused.status, WRONG_PASSWORD)
            return refused
        if not self._nonces.spend(serial, nc):
            return self._challenge(request, algorithms, flow, now, as_proxy, is_stale=True)
        self._bans.forgive(flow)
        self._mistakes.forget(flow, user, request.call_id())
        if not self._passwords.admits(user, flow.remote[0]):
            return self._forbid(request, credentials, flow, "Not From There", now)
        return Admitted(user)

    def ask(self, request: Request, flow: Flow, now: float, *, as_proxy: bool) -> Response:
        """Return what a request without a password for us is answered with. Raises ParseError and
        Refusal."""
        algorithms = self._listeners.face(flow).algorithms
        if request.method == OPTIONS and not as_proxy and Header.REQUIRE not in request.ids:
            # A probe, as phones send to keep a hole in their router open. Nothing is told.
            validate(request)
            return respond(request, 200, to_tag=self._tag)
        return self._challenge(request, algorithms, flow, now, as_proxy)

    def denials(self) -> list[Denied]:
        """Return who was turned away since this was last asked. To be asked for a password, or for
        a fresh proof, is nothing of the kind."""
        denials, self._denials = self._denials, []
        return denials

    def claimed(self, request: Request) -> set[str]:
        """Return the users whose password for our realm a request pretends to know."""
        users = set()
        for name in (Header.AUTHORIZATION, Header.PROXY_AUTHORIZATION):
            for value in request.values(name) if name in request.ids else ():
                try:
                    credentials = Credentials.parse(value)
                except ParseError:
                    continue
                if credentials.realm == self._settings.realm:
                    users.add(credentials.username)
        return users

    def _may_speak(self, user: str, request: Request, flow: Flow) -> bool:
        """Whether `user` may call in the name that is in From: his own, nobody's, or, for a side
        that is trusted, any."""
        uri = request.from_().uri
        if _names(uri, user):
            return True
        if request.method == REGISTER:
            return False
        return is_hidden(uri) or self._listeners.face(flow).is_trusted

    def _credentials(
        self, request: Request, algorithms: tuple[str, ...], as_proxy: bool
    ) -> Credentials | None:
        """Return those for our realm, in an algorithm that was offered. A phone may send others
        along, for other servers on the way."""
        firsts = request.firsts()
        values: list[str] = []
        if as_proxy and Header.PROXY_AUTHORIZATION in firsts:
            values += request.values(Header.PROXY_AUTHORIZATION)
        if Header.AUTHORIZATION in firsts:
            values += request.values(Header.AUTHORIZATION)
        for value in values:
            try:
                credentials = Credentials.parse(value)
            except ParseError:
                continue
            if credentials.realm == self._settings.realm and (
                credentials.algorithm in algorithms or credentials.algorithm.upper() in algorithms
            ):
                return credentials
        return None

    def _forbid(
        self, request: Request, credentials: Credentials, flow: Flow, reason: str, now: float
    ) -> Response:
        """Refuse, and tell of it where a nonce shows that the request is really from there: who
        forges addresses would fill the log with them."""
        host, nonces = flow.remote[0], self._nonces
        if nonces.recognise(credentials.nonce, credentials.nc, host, now) is not None:
            self._deny(request.method, credentials.username, flow, 403, reason)
        return respond(request, 403, reason, to_tag=self._tag)

    def _deny(self, method: str, user: str, flow: Flow, status: int, reason: str) -> None:
        denied = Denied(method[:LONGEST_USER], user[:LONGEST_USER], flow, status, reason)
        self._denials.append(denied)

    def _challenge(
        self,
        request: Request,
        algorithms: tuple[str, ...],
        flow: Flow,
        now: float,
        as_proxy: bool,
        *,
        is_stale: bool = False,
    ) -> Response:
        nonce = self._nonces.make(flow.remote[0], now)
        name = Header.PROXY_AUTHENTICATE if as_proxy else Header.WWW_AUTHENTICATE
        headers = []
        for algorithm in algorithms:
            before, after = self._questions[algorithm, is_stale]
            headers.append((name, f"{before}{nonce}{after}"))
        status = 407 if as_proxy else 401
        return respond(request, status, to_tag=self._tag, headers=headers)


def _names(uri: Uri, user: str) -> bool:
    return uri.user == user or uri.number == user


def _around_nonce(realm: str, algorithm: str, *, is_stale: bool) -> tuple[str, str]:
    """Return what a challenge says before and after its nonce."""
    text = str(challenge(realm, "", algorithm, is_stale=is_stale))
    before, _, after = text.rpartition('nonce=""')
    return f'{before}nonce="', f'"{after}'
