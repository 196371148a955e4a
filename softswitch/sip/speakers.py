"""Who may speak within a dialog, and who is not even heard."""

from softswitch.sip.admission import Admission
from softswitch.sip.errors import ParseError, Refusal
from softswitch.sip.flow import Flow
from softswitch.sip.guard import Gate
from softswitch.sip.identity import is_hidden
from softswitch.sip.legs import Legs
from softswitch.sip.message import Request, Response
from softswitch.sip.methods import ACK, CANCEL, REGISTER
from softswitch.sip.registrar import Registrar
from softswitch.sip.usage import Usage
from softswitch.sip.usages import Usages


class Speakers:
    """Knows peers by the hosts that they are seen at, and asks those whom it does not know."""

    __slots__ = ("_admission", "_gate", "_legs", "_registrar", "_usages")

    def __init__(
        self, usages: Usages, legs: Legs, registrar: Registrar, admission: Admission, gate: Gate
    ) -> None:
        self._usages = usages
        self._legs = legs
        self._registrar = registrar
        self._admission = admission
        self._gate = gate

    def within(self, request: Request, flow: Flow, now: float) -> Usage | Response:
        """Return what a request with a To tag is within, or what to answer it with.

        Call-ID and tags are no secret. Who comes from another host than the peer, be it a phone
        that has left one network for another, shows that he is who the dialog is with.
        Raises ParseError and Refusal.
        """
        to_tag = request.to().tag or ""
        usage = self._usages.owner(request, to_tag)
        if usage is None:
            raise Refusal(481, "")
        extension = usage.doubts(to_tag, flow)
        if extension is None:
            return usage
        if not extension:
            raise Refusal(403, "Not From There")
        decision = self._admission.admit(request, flow, now, speaker=extension)
        if isinstance(decision, Response):
            return decision
        self._gate.trust(flow, now)
        return usage

    def are_strange(self, message: Request | Response, flow: Flow, now: float) -> bool:
        """Whether a message of who is banned belongs neither to a call by that flow, nor to a phone
        that has registered by it: what could bring another guess."""
        if isinstance(message, Response) or message.method in (ACK, CANCEL):
            return False
        try:
            if message.method != REGISTER and self._legs.is_within(message, flow):
                return False
            users = self._admission.claimed(message)
            caller = message.from_().uri
        except ParseError:
            return True
        if not users and not is_hidden(caller):
            users = {caller.number}
        return not all(self._registrar.is_reached_by(flow, user, now) for user in users)
