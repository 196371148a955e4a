"""What an admitted request out of any dialog is answered with, by its method."""

from collections.abc import Callable

from softswitch.sip.admission import Admitted
from softswitch.sip.denied import Denied
from softswitch.sip.flow import Flow
from softswitch.sip.guard import Pace
from softswitch.sip.invitation import objection
from softswitch.sip.legs import Legs
from softswitch.sip.message import Header, Request, Uri, respond, validate
from softswitch.sip.methods import (
    ALLOW,
    CAPABILITIES,
    INVITE,
    KNOWN,
    OPTIONS,
    REFER,
    REGISTER,
    WITHIN_DIALOGS_ONLY,
    Headers,
)
from softswitch.sip.outputs import EndpointOutput
from softswitch.sip.proxy import Proxy
from softswitch.sip.qualify import Qualify
from softswitch.sip.registrar import Registrar
from softswitch.sip.stack import Stack
from softswitch.sip.vocabulary import Identity

Serve = Callable[[Admitted, Request, Flow, str, float], list[EndpointOutput]]
"""Answers a request of who was admitted, by flow and key, now. Raises ParseError and Refusal."""

RETRY = (Header.RETRY_AFTER, "10")


class Reception:
    """Gives each request to the service for its method.

    services     by method; more may be added
    capabilities  what OPTIONS is answered with
    is_draining  refuse new calls; those that are there go on
    pace         how many calls may begin
    proxy        takes what is for others
    tag          for the To of answers that begin no dialog
    """

    __slots__ = (
        "_legs",
        "_pace",
        "_proxy",
        "_qualify",
        "_registrar",
        "_stack",
        "_tag",
        "capabilities",
        "is_draining",
        "services",
    )

    def __init__(
        self,
        stack: Stack,
        registrar: Registrar,
        qualify: Qualify,
        legs: Legs,
        proxy: Proxy,
        pace: Pace,
        tag: str,
    ) -> None:
        self._stack = stack
        self._registrar = registrar
        self._qualify = qualify
        self._legs = legs
        self._proxy = proxy
        self._pace = pace
        self._tag = tag
        self.is_draining = False
        self.capabilities: Headers = (*CAPABILITIES, stack.server)
        self.services: dict[str, Serve] = {
            INVITE: self._invite,
            REGISTER: self._register,
            OPTIONS: self._options,
            REFER: self._refer,
            "PUBLISH": self._bad_event,
        }

    def serve(
        self, admitted: Admitted, request: Request, flow: Flow, key: str, now: float
    ) -> list[EndpointOutput]:
        """Raises ParseError and Refusal."""
        if request.method == INVITE:
            wait = self._pace.hold_up(admitted.extension, now)
            if wait:
                headers = ((Header.RETRY_AFTER, str(wait)),)
                return self.reply(key, request, 503, now, headers, "Too Many Calls")
        elif wait := self._pace.slow_down(admitted.extension, now):
            return self._put_off(key, request, wait)
        if self._proxy.takes(request, admitted.extension, flow, now):
            if request.method == INVITE and (
                self.is_draining or not self._proxy.calls.has_room(admitted.extension)
            ):
                return self.reply(key, request, 503, now, (RETRY,))
            return self._proxy.forward(request, admitted.extension, flow, key, now)
        serve = self.services.get(request.method, self._not_served)
        return serve(admitted, request, flow, key, now)

    def _put_off(self, key: str, request: Request, wait: int) -> list[EndpointOutput]:
        """Refuse who asks too often, and keep nothing of it."""
        headers = ((Header.RETRY_AFTER, str(wait)),)
        response = respond(request, 503, "Too Many Requests", to_tag=self._tag, headers=headers)
        return [*self._stack.layer.respond_once(key, response)]

    def reply(
        self,
        key: str,
        request: Request,
        status: int,
        now: float,
        headers: Headers = (),
        reason: str = "",
    ) -> list[EndpointOutput]:
        """Answer a request to which no dialog belongs."""
        response = respond(request, status, reason, to_tag=self._tag, headers=headers)
        return [*self._stack.layer.respond(key, response, now)]

    def _invite(
        self, admitted: Admitted, invite: Request, flow: Flow, key: str, now: float
    ) -> list[EndpointOutput]:
        against = objection(invite, self._stack.listeners, flow)
        if against is not None:
            status, reason, headers = against
            return self.reply(key, invite, status, now, headers, reason)
        if self.is_draining or not self._legs.has_room(admitted.extension):
            return self.reply(key, invite, 503, now, (RETRY,))
        return self._legs.offer(invite, Identity(admitted.extension), flow, key, now)

    def _register(
        self, admitted: Admitted, request: Request, flow: Flow, key: str, now: float
    ) -> list[EndpointOutput]:
        validate(request)
        response, changes = self._registrar.register(request, admitted.extension, flow, now)
        sent = self._stack.layer.respond(key, response, now)
        if response.status != 200:
            denied = Denied(REGISTER, admitted.extension, flow, response.status, response.reason)
            return [*sent, denied]
        self._stack.listeners.learn(Uri.parse(request.uri).host, flow)
        return [*sent, *self._qualify.noted(changes, now)]

    def _options(
        self, admitted: Admitted, request: Request, flow: Flow, key: str, now: float
    ) -> list[EndpointOutput]:
        validate(request)
        return self.reply(key, request, 200, now, self.capabilities)

    def _refer(
        self, admitted: Admitted, request: Request, flow: Flow, key: str, now: float
    ) -> list[EndpointOutput]:
        """Refuse to call somebody on behalf of who is in no call with us."""
        host = self._stack.listeners.face(flow).host
        warning = f'399 {host} "REFER is taken within a call"'
        return self.reply(key, request, 403, now, ((Header.WARNING, warning),))

    def _bad_event(
        self, admitted: Admitted, request: Request, flow: Flow, key: str, now: float
    ) -> list[EndpointOutput]:
        return self.reply(key, request, 489, now)

    def _not_served(
        self, admitted: Admitted, request: Request, flow: Flow, key: str, now: float
    ) -> list[EndpointOutput]:
        method = request.method
        if method in WITHIN_DIALOGS_ONLY:
            return self.reply(key, request, 481, now)
        return self.reply(key, request, 405 if method in KNOWN else 501, now, (ALLOW,))
