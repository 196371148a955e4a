"""REFER within a call: somebody wants us to call somebody else for him (RFC 3515, RFC 5589).

A REFER is answered by whoever knows about calls. Once accepted, it is a subscription to how the
new call goes, which ends with its final status, and may outlive the call that it came in.
"""

from typing import Protocol

from softswitch.sip.dialog import Dialog, Notifier
from softswitch.sip.errors import ParseError, Refusal
from softswitch.sip.flow import Flow
from softswitch.sip.message import (
    SIPFRAG,
    Address,
    Document,
    Event,
    Header,
    ReferTo,
    Replaces,
    Request,
    StatusFragment,
    respond,
)
from softswitch.sip.methods import INVITE, Headers
from softswitch.sip.outputs import EndpointOutput
from softswitch.sip.stack import Stack
from softswitch.sip.subscriptions.notices import Kept, Notices, Timers
from softswitch.sip.subscriptions.partings import Partings
from softswitch.sip.text import readable
from softswitch.sip.transaction import Discard
from softswitch.sip.vocabulary import (
    AcceptTransfer,
    RefuseTransfer,
    ReportTransfer,
    TransferCommand,
    Transferring,
)

REFERRAL = "referral"
"""The kind of what is due here."""

REFER = "refer"
"""The package of the subscriptions that come by REFER."""

_DECIDE_WITHIN = 10.0
"""Seconds, in which the calls have to say whether."""

_LASTS = 300.0
"""Seconds of a subscription that nobody refreshes: longer than any telephone rings."""

_REPORTED_WITHIN = 600.0
"""Seconds. After that, another transfer may begin whatever became of this one."""

_NO_REPORTS = ("Refer-Sub", "false")


class FindLeg(Protocol):
    def __call__(self, replaces: Replaces) -> str | None:
        """Return the name of the leg in that dialog."""


class Referral:
    """One REFER, until its last report.

    kept  how it is reported, once it is accepted and unless nobody wants to know
    """

    __slots__ = ("dialog", "is_silent", "kept", "key", "request")

    def __init__(self, key: str, request: Request, dialog: Dialog, *, is_silent: bool) -> None:
        self.key = key
        self.request = request
        self.dialog = dialog
        self.is_silent = is_silent
        self.kept: Kept | None = None


class Referrals:
    """The open referral of each leg; there is one at a time.

    notices   files the subscriptions that are implied
    find_leg  by the dialog that a transfer wants to be replaced
    partings  are told of last reports
    """

    __slots__ = ("_by_leg", "_find_leg", "_notices", "_partings", "_stack", "_timers")

    def __init__(
        self,
        stack: Stack,
        notices: Notices,
        find_leg: FindLeg,
        timers: Timers,
        partings: Partings,
    ) -> None:
        self._stack = stack
        self._notices = notices
        self._find_leg = find_leg
        self._partings = partings
        self._by_leg: dict[str, Referral] = {}
        self._timers = timers

    def refer(
        self, leg: str, dialog: Dialog, request: Request, flow: Flow, key: str, now: float
    ) -> list[EndpointOutput]:
        """Take a REFER within the confirmed dialog of `leg`. Raises ParseError and Refusal."""
        refer_to = _target(request)
        if leg in self._by_leg:
            raise Refusal(491, "Another Transfer Is Open")
        replaced = ""
        if refer_to.replaces is not None:
            found = self._find_leg(refer_to.replaces)
            if found is None:
                raise Refusal(481, "No Such Call To Replace")
            replaced = found
        dialog.refresh(request, flow)
        silence = (request.named("Refer-Sub") or "").partition(";")[0].strip().lower()
        self._by_leg[leg] = Referral(key, request, dialog, is_silent=silence == "false")
        self._timers.file((REFERRAL, leg), now + _DECIDE_WITHIN)
        uri = refer_to.uri
        home = request.from_().uri.host, request.to().uri.host
        is_here = not uri.is_sip or uri.host in home or self._stack.listeners.know(uri.host)
        number = uri.number.partition(";")[0] if is_here else ""
        return [
            Transferring(
                leg=leg,
                number=readable(number),
                uri=readable(str(uri)),
                replaces=replaced,
                referred_by=readable(request.first(Header.REFERRED_BY) or ""),
            )
        ]

    def perform(self, command: TransferCommand, now: float) -> list[EndpointOutput]:
        """Carry out what is decided, or tell what became of it."""
        referral = self._by_leg.get(command.leg)
        if referral is None:
            return [Discard("command-for-no-transfer")]
        match command:
            case AcceptTransfer():
                return self._accept(command.leg, referral, now)
            case RefuseTransfer(status=status, reason=reason):
                return self._refuse(command.leg, referral, status, reason, now)
            case ReportTransfer():
                return self._report(command, referral, now)

    def _accept(self, leg: str, referral: Referral, now: float) -> list[EndpointOutput]:
        if not referral.key:
            return [Discard("transfer-accepted-twice")]
        dialog = referral.dialog
        self._timers.file((REFERRAL, leg), now + _REPORTED_WITHIN)
        if referral.is_silent:
            return self._answer(referral, 200, now, (_NO_REPORTS,))
        request = referral.request
        event = Event(REFER, str(request.cseq().number))
        outputs = self._answer(referral, 202, now)
        expires = now + _LASTS
        notifier = Notifier(dialog, event, expires, (self._stack.user_agent,))
        referral.kept = Kept(f"{dialog.id.local_tag};{event.id}", notifier)
        asks = notifier.notify(_fragment(100, ""), now)
        self._notices.enter(referral.kept)
        return [*outputs, *self._notices.carry_out(referral.kept, asks, now)[0]]

    def _refuse(
        self, leg: str, referral: Referral, status: int, reason: str, now: float
    ) -> list[EndpointOutput]:
        if not referral.key:
            return [Discard("transfer-refused-late")]
        self._forget(leg)
        return self._answer(referral, status, now, reason=reason)

    def _report(
        self, command: ReportTransfer, referral: Referral, now: float
    ) -> list[EndpointOutput]:
        if referral.key:
            return [Discard("transfer-not-accepted")]
        document = _fragment(command.status, command.reason)
        is_final = command.status >= 200
        if is_final:
            self._forget(command.leg)
        kept = referral.kept
        if kept is None or self._notices.find(kept.name) is not kept:
            return []  # nobody wants to know, or no more
        if is_final:
            asks = kept.notifier.terminate("noresource", now, document=document)
        else:
            asks = kept.notifier.notify(document, now)
        outputs, over = self._notices.carry_out(kept, asks, now)
        if is_final and over is None:
            self._partings.reported(command.leg, kept.name)
        return [*outputs]

    def expire(self, leg: str, now: float) -> list[EndpointOutput]:
        """Give up what nobody decides, or reports the end of."""
        referral = self._by_leg.pop(leg)
        return self._answer(referral, 480, now) if referral.key else []

    def counts(self) -> dict[str, int]:
        return {"referrals": len(self._by_leg)}

    # Inside

    def _forget(self, leg: str) -> None:
        self._by_leg.pop(leg, None)
        self._timers.file((REFERRAL, leg), None)

    def _answer(
        self, referral: Referral, status: int, now: float, headers: Headers = (), reason: str = ""
    ) -> list[EndpointOutput]:
        dialog = referral.dialog
        if status < 300:
            headers = ((Header.CONTACT, dialog.contact), self._stack.server, *headers)
        response = respond(
            referral.request, status, reason, to_tag=dialog.id.local_tag, headers=headers
        )
        key, referral.key = referral.key, ""
        return [*self._stack.layer.respond(key, response, now)]


def _target(request: Request) -> ReferTo:
    """Return where a REFER leads. Raises ParseError and Refusal."""
    values = request.values(Header.REFER_TO)
    if len(values) != 1:
        raise Refusal(400, "Not One Refer-To")
    refer_to = ReferTo.parse(values[0])
    if refer_to.uri.scheme not in ("sip", "sips", "tel"):
        raise Refusal(416, "")
    if refer_to.method != INVITE:
        raise Refusal(501, "Only INVITE Is Referred To")
    if request.count(Header.REFERRED_BY) > 1:
        raise ParseError("Referred-By", "", 0, "this header once")
    if Header.REFERRED_BY in request.ids:
        Address.parse(request.first(Header.REFERRED_BY) or "")
    return refer_to


def _fragment(status: int, reason: str) -> Document:
    return Document(SIPFRAG, StatusFragment(status, reason).to_bytes())
