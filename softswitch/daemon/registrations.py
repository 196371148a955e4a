"""Who is registered, for the disk, the log and an operator."""

from collections.abc import Callable

from softswitch.daemon.logs import Log
from softswitch.daemon.status import Registration
from softswitch.daemon.switch import Switch
from softswitch.sip.binding import (
    Binding,
    BindingRemoved,
    BindingSaved,
    PhoneReachable,
    PhoneUnreachable,
)
from softswitch.sip.flow import Flow
from softswitch.storage.bindings import StoredBindings
from softswitch.transport.errors import spelt


class Registrations:
    """Writes down what the registrar decides, and shows it.

    keep  is told of each flow of a datagram that leads to somebody who belongs here
    """

    def __init__(
        self, switch: Switch, stored: StoredBindings, log: Log, keep: Callable[[Flow], None]
    ) -> None:
        self._endpoint = switch.endpoint
        self._stored = stored
        self._log = log
        self._keep = keep

    def stored(self, now: float) -> list[Binding]:
        """Return those of the last run. Raises DBAPIError and ValueError."""
        return self._stored.restore(now)

    # What the switch decides

    def saved(self, saved: BindingSaved) -> None:
        self._stored.put(saved)
        binding = saved.binding
        if not binding.flow.reliable:
            self._keep(binding.flow)
        log = self._log.debug if saved.is_refresh else self._log.info
        log("registered", extension=binding.extension, contact=binding.contact)

    def removed(self, removed: BindingRemoved) -> None:
        self._stored.put(removed)
        self._log.info("unregistered", extension=removed.extension, contact=removed.contact)

    def unreachable(self, phone: PhoneUnreachable) -> None:
        self._log.warning("phone-unreachable", extension=phone.extension, contact=phone.contact)

    def reachable(self, phone: PhoneReachable) -> None:
        self._log.info("phone-reachable", extension=phone.extension, contact=phone.contact)

    # What an operator asks

    def shown(self, now: float) -> tuple[Registration, ...]:
        registrar, qualify = self._endpoint.registrar, self._endpoint.qualify
        return tuple(
            Registration(
                extension=binding.extension,
                contact=binding.contact,
                source=spelt(binding.flow.transport, binding.flow.remote),
                agent=binding.user_agent,
                expires_in=round(binding.expires_at - now, 1),
                reachable=binding.key not in registrar.silent,
                round_trip=_milliseconds(qualify.round_trip(binding)),
                preference=binding.q,
                flow=binding.outbound.lstrip(),
                path=binding.path,
            )
            for binding in registrar.bindings(now)
        )


def _milliseconds(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds * 1000, 1)
