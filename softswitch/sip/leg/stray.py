"""A 2xx that no leg waits for: its ACK was lost, or a second phone has answered."""

from softswitch.sip.dialog import Dialog, remote_tag
from softswitch.sip.flow import Flow
from softswitch.sip.leg.core import FIRST_INVITE, LegOutput
from softswitch.sip.leg.leg import Leg
from softswitch.sip.message import Header, Request, Response
from softswitch.sip.methods import BYE, INVITE
from softswitch.sip.stack import Stack
from softswitch.sip.transaction import Discard


def hear_again(
    leg: Leg | None, response: Response, flow: Flow, stack: Stack, now: float
) -> list[LegOutput]:
    """Take a 2xx to an INVITE of ours that nobody waits for. Raises ParseError.

    leg  that has the local tag of the response, if there still is one

    A copy gets its ACK again, also when the call has ended in the meantime. A dialog that a second
    phone behind one contact began is acknowledged and ended (section 13.2.2.4); a few of them, for
    each costs us a transaction, and only where the INVITE had gone to.
    """
    first, number = FIRST_INVITE, response.cseq().number
    if leg is not None:
        outputs = leg.hear_again(response)
        if outputs is not None:
            return outputs
        first = leg.first_invite
    else:
        ended = stack.ended.find(response.from_().tag or "")
        if ended is not None:
            is_same = ended.remote_tag == remote_tag(response)
            if is_same and number == ended.number:
                return [*ended.ack]
            first = 0 if is_same else ended.first_invite
    if leg is not None and leg.flow is not None and leg.flow.remote[0] != flow.remote[0]:
        return [Discard("answer-from-elsewhere")]
    if not stack.strays.admit(response.from_().tag or "", now):
        return [Discard("too-many-answers")]
    return _disown(response, flow, stack, first, now)


def _disown(
    response: Response, flow: Flow, stack: Stack, first: int, now: float
) -> list[LegOutput]:
    """Acknowledge a 2xx, and end the dialog that it begins.

    first  greatest CSeq of an INVITE that begins a dialog: what answers a later one, a re-INVITE
           that came after the BYE, needs its ACK alone
    """
    call_id, number = response.call_id(), response.cseq().number
    invite = Request.build(
        INVITE,
        str(response.to().uri),
        (
            (Header.FROM, response.first(Header.FROM) or ""),
            (Header.CALL_ID, call_id),
            (Header.CSEQ, f"{number} INVITE"),
        ),
    )
    dialog = Dialog.placing(invite, response, stack.listeners.face(flow).contact, flow)
    ack = stack.layer.send(dialog.ack(number), flow)
    if number > first:
        return [*ack]
    bye = dialog.request(BYE, (stack.user_agent,))
    return [*ack, *stack.layer.request(bye, flow, now)[1]]
