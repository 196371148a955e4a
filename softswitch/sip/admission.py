"""Who is this, and may he come in?

One decision for every request out of a dialog, whatever its method: the extension that it
comes from, or the response that it gets instead. What a stranger sees does not depend on which
extensions exist: an unknown user is challenged, checked against a secret that nobody has, and
challenged again, in the same time and words as a known one.
"""

from collections import OrderedDict
from typing import Protocol

from msgspec import Struct

from softswitch.sip.digest import (
    ALGORITHMS,
    Freshness,
    NonceSource,
    challenge,
    ha1,
    verify,
)
from softswitch.sip.errors import ParseError
from softswitch.sip.flow import Flow
from softswitch.sip.listeners import Listeners
from softswitch.sip.message import Credentials, Header, Request, Response, respond
from softswitch.sip.methods import OPTIONS, REGISTER
from softswitch.sip.settings import EndpointSettings

_MOST_OFFENDERS = 10_000


class Passwords(Protocol):
    """What the switch knows of its users' secrets, for its one realm."""

    def ha1(self, user: str, algorithm: str) -> str | None:
        """Return the hash of user, realm and password, or None for an unknown user."""


class Admitted(Struct, frozen=True, gc=False):
    """The request comes from this extension: its credentials are right, and From is its own."""

    extension: str


class Admission:
    """Asks every request out of a dialog for credentials.

    decoy  a password that nobody knows, for users that do not exist
    tag    for the To of our answers
    """

    __slots__ = (
        "_decoys",
        "_listeners",
        "_nonces",
        "_offenders",
        "_passwords",
        "_settings",
        "_tag",
    )

    def __init__(
        self,
        settings: EndpointSettings,
        listeners: Listeners,
        passwords: Passwords,
        nonces: NonceSource,
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
        self._tag = tag
        self._offenders: OrderedDict[tuple[str, int], tuple[int, float]] = OrderedDict()
        # address -> (wrong passwords, when they are forgotten)

    def admit(self, request: Request, flow: Flow, now: float) -> Admitted | Response:
        """Return whose request this is, or what to answer it with."""
        algorithms = self._listeners.face(flow).algorithms
        credentials = self._credentials(request, algorithms)
        if credentials is None:
            if request.method == OPTIONS:
                # A probe, as phones send to keep a hole in their router open. Nothing is told.
                return respond(request, 200, to_tag=self._tag)
            return self._challenge(request, algorithms, now)
        algorithm = credentials.algorithm.upper()
        known = self._passwords.ha1(credentials.username, algorithm)
        is_right = verify(credentials, request.method, known or self._decoys[algorithm], algorithm)
        if not is_right or known is None:
            self._remember(flow, now)
            return self._challenge(request, algorithms, now)
        if self._nonces.check(credentials.nonce, credentials.nc, now) is Freshness.STALE:
            return self._challenge(request, algorithms, now, is_stale=True)
        self._offenders.pop(flow.remote, None)
        return self._owned(request, credentials.username)

    def is_barred(self, flow: Flow, now: float) -> bool:
        """Whether this address has guessed so often that it gets no answer for a while."""
        if not self._offenders:
            return False
        failures, until = self._offenders.get(flow.remote, (0, now))
        return until > now and failures >= self._settings.failures

    def _owned(self, request: Request, extension: str) -> Admitted | Response:
        """An authenticated user speaks in its own name, and registers nobody else."""
        try:
            if request.from_().uri.number != extension:
                return respond(request, 403, "From Is Not Yours", to_tag=self._tag)
            if request.method == REGISTER and request.to().uri.number != extension:
                return respond(request, 403, "To Is Not Yours", to_tag=self._tag)
        except ParseError as error:
            return respond(request, 400, f"Bad {error.element}", to_tag=self._tag)
        return Admitted(extension)

    def _credentials(self, request: Request, algorithms: tuple[str, ...]) -> Credentials | None:
        """Return those for our realm, in an algorithm that was offered. A phone may send others
        along, for other servers on the way."""
        if Header.AUTHORIZATION not in request.ids:
            return None
        for value in request.values(Header.AUTHORIZATION):
            try:
                credentials = Credentials.parse(value)
            except ParseError:
                continue
            is_ours = credentials.realm == self._settings.realm
            if is_ours and credentials.algorithm.upper() in algorithms:
                return credentials
        return None

    def _challenge(
        self,
        request: Request,
        algorithms: tuple[str, ...],
        now: float,
        *,
        is_stale: bool = False,
    ) -> Response:
        nonce = self._nonces.make(now)
        headers = [
            (
                Header.WWW_AUTHENTICATE,
                str(challenge(self._settings.realm, nonce, algorithm, is_stale=is_stale)),
            )
            for algorithm in algorithms
        ]
        return respond(request, 401, to_tag=self._tag, headers=headers)

    def _remember(self, flow: Flow, now: float) -> None:
        offenders = self._offenders
        failures, until = offenders.get(flow.remote, (0, 0.0))
        if until <= now:
            failures = 0
        offenders[flow.remote] = failures + 1, now + self._settings.failures_within
        offenders.move_to_end(flow.remote)
        if len(offenders) > _MOST_OFFENDERS:
            offenders.popitem(last=False)
