"""The words for subscriptions: the seam between SIP and whoever knows what others want to see.

Whoever serves a package answers every SubscriptionRequested. A Document is numbered when it goes:
of states that follow each other faster than the peer answers, only the newest goes.
"""

from msgspec import Struct

from softswitch.sip.message import Document


class SubscriptionRequested(Struct, frozen=True, gc=False, tag=True):
    """An extension wants to see something. Answer with AcceptSubscription or RefuseSubscription."""

    subscription: str
    """Names it from here on."""

    package: str
    extension: str
    """Who asks."""

    resource: str
    """The user part of the Request-URI: whom it is about."""

    entity: str
    """The Request-URI without parameters, as documents name what they are about."""

    media_type: str
    """Of the documents that are wanted: one of those that the package has."""

    user_agent: str = ""


class SubscriptionEnded(Struct, frozen=True, gc=False, tag=True):
    """A subscription that was accepted is over, and its name is free."""

    subscription: str
    cause: str
    """A reason of RFC 6665 (`timeout` when it ran out or was given up, `noresource` ...), or
    `refused`, `gone`, `lost`: the peer does not want it, does not know it, does not answer."""


class AcceptSubscription(Struct, frozen=True, gc=False, tag=True):
    """Accept, or accept at last, and tell the state at once."""

    subscription: str
    document: Document
    is_pending: bool = False
    """It is not decided yet: nothing but that is told."""


class RefuseSubscription(Struct, frozen=True, gc=False, tag=True):
    """Refuse what was asked for; nothing follows."""

    subscription: str
    status: int


class Notify(Struct, frozen=True, gc=False, tag=True):
    """The state has changed."""

    subscription: str
    document: Document


class EndSubscription(Struct, frozen=True, gc=False, tag=True):
    """Nothing more will be told. SubscriptionEnded follows when the peer knows."""

    subscription: str
    reason: str = "noresource"
    """Of RFC 6665, section 4.1.3: `deactivated`, `probation`, `rejected`, `timeout`, `giveup`,
    `noresource`, `invariant`."""

    retry_after: int | None = None
    """Seconds, for `probation` and `giveup`."""


SubscriptionEvent = SubscriptionRequested | SubscriptionEnded
SubscriptionCommand = AcceptSubscription | RefuseSubscription | Notify | EndSubscription
