"""A telephone of a storm: it calls, watches, refers, and sends texts."""

import random
import re
from collections import Counter
from dataclasses import dataclass

from softswitch.sip.message import Header, Request, Response, respond
from tests.storms.callee import Callee, Manner
from tests.storms.talk import Numbered, Peer, Talk
from tests.support.office import SWITCH, Office
from tests.support.world import Address


@dataclass
class Subscription(Numbered):
    """One subscription at the end of who watches."""

    peer: Peer | None = None
    event: str = "dialog"
    number: str = ""
    """Who is watched."""

    state: str = "wanted"
    """wanted, active, pending, terminated, or refused."""

    body: bytes = b""
    told: int = 0
    serial: int = 0
    """Counts how often it was granted."""

    @property
    def is_over(self) -> bool:
        return self.state in ("terminated", "refused")


class Telephone(Callee):
    """One telephone with any number of calls and subscriptions."""

    def __init__(
        self,
        office: Office,
        number: str,
        address: Address,
        dice: random.Random,
        taken: Counter[str],
        manner: Manner,
    ) -> None:
        super().__init__(office, number, address, dice, taken)
        self.manner = manner
        self.talks: list[Talk] = []
        self.subscriptions: list[Subscription] = []
        self.watchers: dict[str, tuple[Numbered, Peer]] = {}
        """Who watches us through the proxy, by our tag."""

        self.texts = 0

    # Watching

    def subscribe(self, to: str, event: str = "dialog", expires: int = 60) -> Subscription:
        fresh = self.numbered()
        watched = Subscription(fresh.call_id, fresh.local_tag, fresh.local, event=event, number=to)
        self.subscriptions.append(watched)
        uri = f"sip:{to}@{SWITCH}"
        headers = ((Header.EVENT, event), (Header.EXPIRES, str(expires)))
        request = self.compose(watched, "SUBSCRIBE", f"<{uri}>", uri, headers)
        self._subscribe(watched, request, expires)
        return watched

    def resubscribe(self, watched: Subscription, expires: int) -> None:
        """Refresh a subscription, or end it with 0."""
        if watched.is_over or watched.peer is None:
            return
        self.note("subscription refreshed" if expires else "subscription ended by us")
        headers = ((Header.EVENT, watched.event), (Header.EXPIRES, str(expires)))
        self._subscribe(watched, self.within(watched, watched.peer, "SUBSCRIBE", headers), expires)

    def _subscribe(self, watched: Subscription, request: Request, expires: int) -> None:
        def hear(response: Response) -> None:
            if response.status < 200:
                return
            if response.status >= 300:
                fail(response.status)
                return
            self.note("SUBSCRIBE accepted")
            if watched.peer is None:
                watched.peer = Peer.of_response(response, request.uri)
            if expires:
                watched.serial += 1
                serial = watched.serial
                granted = response.expires() or expires
                self.later(granted / 2, lambda: renew(serial))
                self.later(granted, lambda: lapse(serial))

        def renew(serial: int) -> None:
            if serial == watched.serial and not self.is_retired:
                self.resubscribe(watched, expires)

        def lapse(serial: int) -> None:
            if serial == watched.serial and not watched.is_over:
                self.note("subscription lapsed")
                watched.state = "terminated"

        def fail(status: int) -> None:
            self.note(f"SUBSCRIBE refused with {status}")
            watched.state = "refused"

        self.ask(watched, request, hear, fail)

    def _notified(self, notify: Request, key: str) -> None:
        watched = self._watched(notify)
        if watched is None or watched.is_over:
            self._answer(notify, key, 481)
            return
        if watched.peer is None:  # it has overtaken the 2xx
            self.note("NOTIFY overtook the 2xx")
            watched.peer = Peer.of_request(notify)
        elif watched.peer.cseq is not None and notify.cseq().number <= watched.peer.cseq:
            self.note("NOTIFY overtaken")
            self._answer(notify, key, 500)
            return
        watched.peer.cseq = notify.cseq().number
        self.note(f"NOTIFY of {watched.event.partition(';')[0]} heard")
        self._answer(notify, key, 200)
        watched.state = (notify.first(Header.SUBSCRIPTION_STATE) or "").partition(";")[0]
        watched.body = notify.body
        watched.told += 1

    def _watched(self, notify: Request) -> Subscription | None:
        tag, call_id = notify.to().tag, notify.call_id()
        name, _, identifier = (notify.first(Header.EVENT) or "").partition(";id=")
        for watched in self.subscriptions:
            if (watched.local_tag, watched.call_id) != (tag, call_id):
                continue
            wanted, _, number = watched.event.partition(";id=")
            if wanted == name and (number == identifier or not identifier):
                return watched
        return None

    # Transfers

    def refer(self, talk: Talk, to: str) -> None:
        """Ask the switch to connect whom we talk with to somebody else; `to` is a URI."""
        assert talk.peer is not None
        refer = self.within(talk, talk.peer, "REFER", ((Header.REFER_TO, f"<{to}>"),))
        number = refer.cseq().number
        event = f"refer;id={number}"
        watched = Subscription(
            talk.call_id, talk.local_tag, talk.local, peer=None, event=event, state="wanted"
        )
        self.subscriptions.append(watched)

        def hear(response: Response) -> None:
            if response.status >= 300:
                fail(response.status)
            elif response.status >= 200:
                self.note("REFER accepted")
                self.later(200.0, lapse)

        def lapse() -> None:
            if not watched.is_over:
                watched.state = "terminated"
                self.note("a REFER was never heard of again")

        def fail(status: int) -> None:
            self.note(f"REFER refused with {status}")
            watched.state = "refused"

        self.ask(talk, refer, hear, fail)

    # Texts

    def text(self, to: str) -> None:
        uri = f"sip:{to}@{SWITCH}"
        once = self.numbered()
        message = self.compose(once, "MESSAGE", f"<{uri}>", uri, (), b"Hi", "text/plain")

        def hear(response: Response) -> None:
            if response.status >= 200:
                self.note(f"MESSAGE answered with {response.status}")

        self.ask(once, message, hear, lambda status: None)

    # What it is asked

    def requested(self, request: Request, key: str) -> None:
        method = request.method
        if method == "NOTIFY":
            self._notified(request, key)
        elif method == "MESSAGE":
            self.texts += 1
            self.note("MESSAGE heard")
            self._answer(request, key, 200)
        elif method == "SUBSCRIBE":
            self._asked_to_notify(request, key)
        elif request.to().tag is None and method == "INVITE":
            self.offered(request, key)
        elif request.to().tag is None:
            self._answer(request, key, 200 if method == "OPTIONS" else 481)
        elif (talk := self.find(request)) is not None:
            self.within_call(talk, request, key)
        else:
            self.complain(f"a {method} outside of any call")
            self._answer(request, key, 481)

    def _asked_to_notify(self, request: Request, key: str) -> None:
        """Let somebody watch us, through the proxy: one NOTIFY for each SUBSCRIBE."""
        tag = request.to().tag or self.identifiers.tag()
        known = self.watchers.get(tag)
        if known is None and request.to().tag is not None:
            self._answer(request, key, 481)
            return
        if known is None:
            local = f"{request.first(Header.TO)};tag={tag}"
            known = Numbered(request.call_id(), tag, local), Peer.of_request(request)
            self.watchers[tag] = known
        own, peer = known
        expires = int(request.first(Header.EXPIRES) or "60")
        headers = ((Header.CONTACT, self.contact), (Header.EXPIRES, str(expires)))
        self.respond(key, respond(request, 200, to_tag=tag, headers=headers))
        state = f"active;expires={expires}" if expires else "terminated;reason=timeout"
        said = (
            (Header.EVENT, request.first(Header.EVENT) or ""),
            (Header.SUBSCRIPTION_STATE, state),
        )
        notify = self.within(own, peer, "NOTIFY", said, b"here", "text/plain")
        self.ask(own, notify, lambda heard: self._note_status("NOTIFY", heard), lambda status: None)

    def _answer(self, request: Request, key: str, status: int) -> None:
        tag = self.identifiers.tag()
        headers = ((Header.CONTACT, self.contact),)
        self.respond(key, respond(request, status, to_tag=tag, headers=headers))


def lamps(body: bytes) -> list[tuple[str, str]]:
    """Return direction and state of each dialog in a document (RFC 4235)."""
    found = re.findall(rb'<dialog [^>]*direction="(\w+)".*?<state[^>]*>(\w+)</state>', body, re.S)
    return sorted((direction.decode(), state.decode()) for direction, state in found)
