"""Requests within the dialog of a leg, by their method."""

from collections.abc import Callable

from softswitch.sip.flow import Flow
from softswitch.sip.leg.body import content_type
from softswitch.sip.leg.core import LegOutput, State, reason_of
from softswitch.sip.leg.info import DIGIT_TYPES, read_digit
from softswitch.sip.leg.leg import Leg
from softswitch.sip.message import Header, Request
from softswitch.sip.methods import (
    ALLOW,
    BYE,
    CAPABILITIES,
    INFO,
    INVITE,
    KNOWN,
    OPTIONS,
    PRACK,
    REFER,
    SUBSCRIBE,
    UPDATE,
)
from softswitch.sip.transaction import Discard
from softswitch.sip.vocabulary import Digit

Handler = Callable[[Leg, Request, Flow, str, float], list[LegOutput]]
"""Answers a request by flow and key, now. Raises ParseError and Refusal, having changed nothing."""

_DIGITS = (Header.ACCEPT, ", ".join(DIGIT_TYPES))


def receive(leg: Leg, request: Request, flow: Flow, key: str, now: float) -> list[LegOutput]:
    """Take a request within a dialog of `leg`; an INVITE has passed `validate`.

    Raises ParseError, having changed nothing.
    """
    dialog = leg.dialog if leg.turn_to(request.from_().tag or "") else None
    if dialog is None:
        return leg.reply(key, request, 481, now)
    refusal = dialog.check(request, flow)
    if refusal is not None:
        return leg.reply(key, request, refusal.status, now, reason=refusal.reason)
    if leg.has_ended and request.method != BYE:
        return leg.reply(key, request, 481, now)
    return HANDLERS.get(request.method, _refuse)(leg, request, flow, key, now)


def _refuse(leg: Leg, request: Request, flow: Flow, key: str, now: float) -> list[LegOutput]:
    return leg.reply(key, request, 405 if request.method in KNOWN else 501, now, (ALLOW,))


def _bye(leg: Leg, request: Request, flow: Flow, key: str, now: float) -> list[LegOutput]:
    return leg.hung_up(request, key, now, reason_of(request))


def _invite(leg: Leg, request: Request, flow: Flow, key: str, now: float) -> list[LegOutput]:
    return leg.invited_again(request, flow, key, now)


def _update(leg: Leg, request: Request, flow: Flow, key: str, now: float) -> list[LegOutput]:
    return leg.updated(request, flow, key, now)


def _prack(leg: Leg, request: Request, flow: Flow, key: str, now: float) -> list[LegOutput]:
    return leg.pracked(request, key, now)


def _options(leg: Leg, request: Request, flow: Flow, key: str, now: float) -> list[LegOutput]:
    return leg.reply(key, request, 200, now, (*CAPABILITIES, leg.stack.server))


def _refer(leg: Leg, request: Request, flow: Flow, key: str, now: float) -> list[LegOutput]:
    subscriptions, dialog = leg.stack.subscriptions, leg.dialog
    if subscriptions is None or dialog is None:
        return _refuse(leg, request, flow, key, now)
    if leg.state not in (State.ACCEPTED, State.CONFIRMED):
        return leg.reply(key, request, 491, now)  # whom he refers has not answered yet
    return subscriptions.refer(leg.name, dialog, request, flow, key, now)


def _subscribe(leg: Leg, request: Request, flow: Flow, key: str, now: float) -> list[LegOutput]:
    subscriptions, dialog = leg.stack.subscriptions, leg.dialog
    if subscriptions is None or dialog is None:
        return _refuse(leg, request, flow, key, now)
    return subscriptions.resubscribe(dialog, request, flow, key, now)


def _info(leg: Leg, request: Request, flow: Flow, key: str, now: float) -> list[LegOutput]:
    if Header.INFO_PACKAGE in request.ids:
        return leg.reply(key, request, 469, now, ((Header.RECV_INFO, ""),))
    if not request.body:
        return leg.reply(key, request, 200, now)
    if content_type(request) not in DIGIT_TYPES:
        return leg.reply(key, request, 415, now, (_DIGITS,))
    digit = read_digit(request)
    if digit is None:
        # A hook flash, and whatever else there is: it was understood, and means nothing here.
        return [*leg.reply(key, request, 200, now), Discard("info-without-digit")]
    return [*leg.reply(key, request, 200, now), Digit(leg.name, *digit)]


HANDLERS: dict[str, Handler] = {
    BYE: _bye,
    INVITE: _invite,
    UPDATE: _update,
    PRACK: _prack,
    INFO: _info,
    OPTIONS: _options,
    REFER: _refer,
    SUBSCRIBE: _subscribe,
}
"""A usage that lives within a call's dialog enters its methods here, and in `methods.ALLOWED`."""
