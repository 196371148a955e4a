"""How a Ring step rings: what its telephones are told, and what its caller hears meanwhile."""

from collections.abc import Mapping

from msgspec import Struct

from softswitch.calls.settings import CallSettings
from softswitch.routing.model import Configuration, Employee
from softswitch.routing.plan import Forwarded, Outcome, Ring
from softswitch.sip.flow import Flow
from softswitch.sip.vocabulary import Claims, Diversion

_REASONS = {
    Outcome.BUSY: "user-busy",
    Outcome.NO_ANSWER: "no-answer",
    Outcome.NOT_REGISTERED: "unavailable",
    Outcome.REFUSED: "deflection",
    "closed": "time-of-day",
}
"""Of Diversion (RFC 5806), for what the rules of a person or a department react to."""


def diversion(forwarded: Forwarded) -> Diversion:
    return Diversion(forwarded.by, _REASONS.get(forwarded.why, "unknown"))


class Manner(Struct, frozen=True, gc=False):
    """Of one step, for all its telephones."""

    direct: bool
    """Session descriptions pass as they are, and no stream is used."""

    people: Mapping[str, Employee]
    override: bool = False
    """Everybody's speech passes the switch by."""

    early_media: bool | None = None
    """As in Ring."""

    diversions: tuple[Diversion, ...] = ()
    """By whom the call has come to the step, newest first."""

    claims: Claims | None = None
    """Of the caller."""

    alert: str = ""
    """Value of Alert-Info."""

    referred_by: str = ""
    """Who has handed the caller on, as header text."""

    def lets_hear(self, extension: str) -> bool:
        """Whether the caller hears what telephones of `extension` play before they answer."""
        if self.early_media is not None:
            return self.early_media
        person = self.people.get(extension)
        return person is None or person.early_media

    def fits(self, extension: str) -> bool:
        """Whether telephones of `extension` can take part: where descriptions pass as they are,
        not those whose speech has to go through the switch."""
        if not self.direct or self.override:
            return True
        person = self.people.get(extension)
        return person is not None and person.is_direct


def is_direct(ring: Ring, settings: CallSettings, configuration: Configuration) -> bool:
    """Whether speech may pass the switch by at all telephones of a step."""
    if settings.direct:
        return True
    people = configuration.employees
    return all(
        member.extension in people and people[member.extension].is_direct for member in ring.members
    )


def can_meet(description: bytes, flow: Flow) -> bool:
    """Whether who describes its session so, and the telephone at `flow`, speak the same version of
    IP: only then can speech go from the one to the other by itself."""
    four, six = b"c=IN IP4" in description, b"c=IN IP6" in description
    return four is six or six is (":" in flow.remote[0])
