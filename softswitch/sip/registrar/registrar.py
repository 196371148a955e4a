"""The registrar: bindings come, are refreshed, and go (RFC 3261, section 10).

A dict is the location service; what changes goes out as BindingSaved and BindingRemoved, so that
storage can follow. The REGISTER has passed admission before it comes here: the extension is
the one that the credentials proved.
"""

from collections.abc import Iterable
from sys import intern

from softswitch.sip.binding import (
    Binding,
    BindingChange,
    BindingKey,
    BindingSaved,
    removed,
)
from softswitch.sip.errors import ParseError, Refusal
from softswitch.sip.flow import Flow
from softswitch.sip.message import Contact, Header, Request, Response, Uri, respond
from softswitch.sip.registrar.naming import as_parameters, is_flow, name_of, replaced
from softswitch.sip.registrar.reach import Reach, grouped, phones_of, surplus
from softswitch.sip.registrar.way import OUTBOUND, Lacking, Way, flow_timer, way_of
from softswitch.sip.settings import RegistrarSettings
from softswitch.sip.text import readable
from softswitch.sip.vocabulary import Target
from softswitch.timerqueue import TimerQueue

Headers = list[tuple[Header | str, str]]

_SECURE = ("tls", "wss")
_TOO_MANY = "Too Many Contacts"
_LONGEST_CONTACT = 500
"""Characters. The answer to a REGISTER names all contacts, and has to fit into a datagram."""

_LONGEST_AGENT = 200
"""Characters of a User-Agent that are kept."""


class Registrar:
    """Bindings of all extensions.

    silent  bindings whose phones do not answer, and are not called; `Qualify` says which
    """

    __slots__ = ("_alarms", "_by_flow", "_reaches", "_settings", "_tag", "silent")

    def __init__(self, settings: RegistrarSettings, tag: str) -> None:
        """tag  for the To of our answers"""
        self._settings = settings
        self._tag = tag
        self._reaches: dict[str, Reach] = {}
        self._by_flow: dict[Flow, set[str]] = {}  # streams only: they alone can be lost
        self._alarms: TimerQueue[str] = TimerQueue()
        self.silent: set[BindingKey] = set()

    # Who asks

    def groups(self, extension: str, now: float, *, secure: bool = False) -> list[list[Target]]:
        """Return the phones of `extension`: those of one group have the same q, the highest comes
        first, and of one group the newest.

        secure  only those that are reached by TLS
        """
        reach = self._reaches.get(extension)
        if reach is None:
            return []
        live = [binding for binding in reversed(reach.bindings) if binding.expires_at > now]
        if self.silent:
            live = [binding for binding in live if binding.key not in self.silent]
        if secure:
            live = [binding for binding in live if binding.flow.transport in _SECURE]
        return grouped(live) if live else []

    def is_registered(self, extension: str, now: float) -> bool:
        """Whether any phone of `extension` can be called."""
        reach = self._reaches.get(extension)
        if reach is None:
            return False
        silent = self.silent
        return any(b.expires_at > now and not (silent and b.key in silent) for b in reach.bindings)

    def find(self, key: BindingKey) -> Binding | None:
        """Return the binding of that key, unless it has been removed."""
        reach = self._reaches.get(key[0])
        if reach is not None:
            for binding in reach.bindings:
                if binding.contact == key[1] and binding.outbound == key[2]:
                    return binding
        return None

    def is_reached_by(self, flow: Flow, extension: str, now: float) -> bool:
        """Whether `extension` has a live binding by this very flow."""
        reach = self._reaches.get(extension)
        return reach is not None and any(
            b.flow == flow and b.expires_at > now for b in reach.bindings
        )

    def is_used(self, connection: Flow) -> bool:
        """Whether any extension is bound by this connection."""
        return connection in self._by_flow

    def bindings(self, now: float) -> list[Binding]:
        """Return every live binding, for status."""
        return [
            binding
            for reach in self._reaches.values()
            for binding in reach.bindings
            if binding.expires_at > now
        ]

    # What changes

    def restore(self, bindings: Iterable[Binding], now: float) -> list[BindingChange]:
        """Take over what storage kept. A connection does not outlive the process it ended in,
        and time may have run out: such bindings are returned as removed."""
        changes: list[BindingChange] = []
        restored: dict[str, dict[str, Binding]] = {}
        for binding in bindings:
            extension, contact = binding.extension, binding.contact
            if binding.outbound:
                contact += binding.outbound
            if binding.expires_at <= now or binding.flow.reliable:
                changes.append(removed(binding))
            elif extension in restored:
                restored[extension][contact] = binding
            else:
                restored[extension] = {contact: binding}
        for extension, by_contact in restored.items():
            kept = self._reaches.get(extension)
            others = (
                (b for b in kept.bindings if b.contact + b.outbound not in by_contact)
                if kept
                else ()
            )
            self._set(extension, (*others, *by_contact.values()))
        return changes

    def register(
        self, request: Request, extension: str, flow: Flow, now: float
    ) -> tuple[Response, list[BindingChange]]:
        """Answer a REGISTER of `extension`: all of it is carried out, or nothing."""
        try:
            way = way_of(request)
            contacts = request.contacts()
            changes = (
                self._carry_out(request, contacts, way, extension, flow, now) if contacts else []
            )
        except ParseError as error:
            return respond(request, 400, f"Bad {error.element}", to_tag=self._tag), []
        except Refusal as refusal:
            return self._refuse(request, refusal, extension), []
        headers = self._contact_headers(extension, now)
        if way.path:
            headers.append((Header.PATH, ", ".join(way.path)))
        if way.has_flows and any(
            isinstance(c, BindingSaved) and is_flow(c.binding.outbound) for c in changes
        ):
            headers += ((Header.REQUIRE, OUTBOUND), ("Flow-Timer", flow_timer(flow)))
        if self._settings.service_route:
            headers.append((Header.SERVICE_ROUTE, ", ".join(self._settings.service_route)))
        return respond(request, 200, to_tag=self._tag, headers=headers), changes

    def flow_lost(self, flow: Flow) -> list[BindingChange]:
        """A connection is gone, and what was registered by it cannot be reached any more."""
        changes: list[BindingChange] = []
        for extension in sorted(self._by_flow.get(flow, ())):
            bindings = self._reaches[extension].bindings
            self._set(extension, tuple(b for b in bindings if b.flow != flow))
            changes += [removed(b) for b in bindings if b.flow == flow]
        return changes

    @property
    def deadline(self) -> float | None:
        return self._alarms.earliest

    def expire(self, now: float) -> list[BindingChange]:
        """Remove what has not been refreshed in time."""
        changes: list[BindingChange] = []
        for extension in self._alarms.pop_due(now):
            reach = self._reaches[extension]
            reach.alarm = None
            bindings = reach.bindings
            self._set(extension, tuple(b for b in bindings if b.expires_at > now))
            changes += [removed(b) for b in bindings if b.expires_at <= now]
        return changes

    # How it is done

    def _carry_out(
        self,
        request: Request,
        contacts: list[Contact],
        way: Way,
        extension: str,
        flow: Flow,
        now: float,
    ) -> list[BindingChange]:
        """Raises Refusal, having changed nothing."""
        known = self._known(extension, now)
        call_id, cseq = readable(request.call_id()), request.cseq().number
        if contacts[0].star or contacts[-1].star:  # `validate` has seen that a star stands alone
            return self._remove_all(request, contacts, extension, known)
        most = self._most(extension)
        if len(contacts) > most:
            raise Refusal(403, _TOO_MANY)
        names = [name_of(contact, way) for contact in contacts]
        has_flow = way.has_flows and any(map(is_flow, names))
        if has_flow and len(names) > 1:
            raise Refusal(400, "One Flow at a Time")  # RFC 5626, section 4.2
        texts = [str(contact.uri) for contact in contacts]
        origin = (call_id, flow.transport, ":" in flow.remote[0])

        lifetime = request.expires()
        agent = readable(request.first(Header.USER_AGENT) or "")[:_LONGEST_AGENT]
        agent = intern(agent)  # many phones have one
        left = list(known)
        changes: list[BindingChange] = []
        for contact, text, name in zip(contacts, texts, names, strict=True):
            uri = contact.uri
            if not uri.is_sip:
                raise Refusal(400, "Contact Is Not a SIP URI")
            if len(text) > _LONGEST_CONTACT:
                raise Refusal(400, "Contact Too Long")
            if text != readable(text):
                raise Refusal(400, "Contact Is Not UTF-8")
            expires = self._expires(contact, lifetime)
            is_refresh = False
            for old in replaced(
                left, text, uri, name, texts, origin=origin, is_leaving=expires == 0
            ):
                _check_order(old, call_id, cseq, known)
                left.remove(old)
                if expires == 0 or old.contact != text or old.outbound != name:
                    changes.append(removed(old))
                else:
                    is_refresh = True
            if expires:
                binding = Binding(
                    extension,
                    text,
                    flow,
                    now + expires,
                    contact.q,
                    call_id,
                    cseq,
                    agent,
                    name,
                    way.path,
                )
                left.append(binding)
                changes.append(BindingSaved(binding, is_refresh=is_refresh))
        if len(left) > most or (has_flow and len(left) > 1):
            changes += self._make_room(most, left, known)
        self._set(extension, tuple(left))
        return changes

    def _make_room(
        self, most: int, left: list[Binding], known: tuple[Binding, ...]
    ) -> list[BindingChange]:
        """Take off `left` what is too much. Raises Refusal where nothing may be taken off."""
        too_many = surplus(left, most)
        if not too_many:
            return []
        if not self._settings.replaces_oldest:
            before, after = phones_of(known), phones_of(left)
            if len(after) > most and not after <= before:
                raise Refusal(403, _TOO_MANY)
        for binding in too_many:
            left.remove(binding)
        return [removed(binding) for binding in too_many]

    def _most(self, extension: str) -> int:
        settings = self._settings
        return settings.contacts_of.get(extension, settings.maximum_contacts)

    def _refuse(self, request: Request, refusal: Refusal, extension: str) -> Response:
        status, reason = refusal.status, refusal.reason
        headers: Headers = []
        if status == 423:
            headers.append((Header.MIN_EXPIRES, str(self._settings.minimum_expires)))
        elif isinstance(refusal, Lacking):
            headers.append((Header.UNSUPPORTED, refusal.option))
        elif reason == _TOO_MANY:
            host = Uri.parse(request.uri).host
            text = f"{extension} may have {self._most(extension)} phones"
            headers.append((Header.WARNING, f'399 {host} "{text}"'))
        return respond(request, status, reason, to_tag=self._tag, headers=headers)

    def _known(self, extension: str, now: float) -> tuple[Binding, ...]:
        reach = self._reaches.get(extension)
        if reach is None:
            return ()
        if reach.alarm is not None and now < reach.alarm:
            return reach.bindings  # nothing can have expired
        return tuple(b for b in reach.bindings if b.expires_at > now)

    def _remove_all(
        self,
        request: Request,
        contacts: list[Contact],
        extension: str,
        known: tuple[Binding, ...],
    ) -> list[BindingChange]:
        if len(contacts) != 1 or request.expires() != 0:
            raise Refusal(400, "Contact * Stands Alone and With Expires 0")
        for binding in known:
            _check_order(binding, readable(request.call_id()), request.cseq().number, known)
        self._set(extension, ())
        return [removed(binding) for binding in known]

    def _expires(self, contact: Contact, lifetime: int | None) -> int:
        settings = self._settings
        wanted = contact.expires if contact.expires is not None else lifetime
        if wanted is None:
            wanted = settings.default_expires
        if 0 < wanted < settings.minimum_expires:
            raise Refusal(423, "Interval Too Brief")
        return min(wanted, settings.maximum_expires)

    def _set(self, extension: str, bindings: tuple[Binding, ...]) -> None:
        reach = self._reaches.get(extension)
        if reach is None:
            if not bindings:
                return
            reach = self._reaches[extension] = Reach()
        if self._by_flow:
            self._forget_flows(extension, reach.bindings)
        for binding in bindings:
            if binding.flow.reliable:
                self._by_flow.setdefault(binding.flow, set()).add(extension)
        if not bindings:
            del self._reaches[extension]
            self._alarms.file(extension, None)
            return
        reach.bindings = bindings
        first = bindings[0].expires_at
        if len(bindings) > 1:
            first = min([binding.expires_at for binding in bindings])
        if reach.alarm is None or first < reach.alarm:
            reach.alarm = first
            self._alarms.file(extension, first)

    def _forget_flows(self, extension: str, bindings: tuple[Binding, ...]) -> None:
        for binding in bindings:
            extensions = self._by_flow.get(binding.flow)
            if extensions is not None:
                extensions.discard(extension)
                if not extensions:
                    del self._by_flow[binding.flow]

    def _contact_headers(self, extension: str, now: float) -> Headers:
        return [
            (
                Header.CONTACT,
                f"<{b.contact}>;expires={max(1, round(b.expires_at - now))}{_q(b.q)}"
                f"{as_parameters(b.outbound)}",
            )
            for b in self._known(extension, now)
        ]


def _q(q: float) -> str:
    return "" if q == 1.0 else f";q={q:.3f}".rstrip("0").rstrip(".")


def _check_order(old: Binding, call_id: str, cseq: int, known: tuple[Binding, ...]) -> None:
    """A REGISTER that was overtaken by a later one must change nothing (step 7)."""
    if old.call_id == call_id and cseq <= old.cseq and old in known:
        raise Refusal(500, "REGISTER Out of Order")
