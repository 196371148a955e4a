"""What a leg says and what it can be told: the seam between SIP and calls.

A leg is one side of a call: one dialog, from INVITE to BYE, with its authentication, its
retransmissions and its NAT. It knows nothing of the other side. Session descriptions pass
through as bytes; a leg knows who may offer when, not what is in an offer.

Legs have two origins. An **offered** leg began with an INVITE from outside; a **placed** leg
begins with our INVITE.
"""

from msgspec import Struct

from softswitch.sip.claims import Claims as Claims
from softswitch.sip.claims import Diversion as Diversion
from softswitch.sip.claims import Party as Party
from softswitch.sip.elsewhere import Elsewhere as Elsewhere
from softswitch.sip.flow import Flow
from softswitch.sip.transfers import AcceptTransfer as AcceptTransfer
from softswitch.sip.transfers import RefuseTransfer as RefuseTransfer
from softswitch.sip.transfers import ReportTransfer as ReportTransfer
from softswitch.sip.transfers import TransferCommand as TransferCommand
from softswitch.sip.transfers import Transferring as Transferring


class Identity(Struct, frozen=True, gc=False):
    """Who a request comes from, as admission found it."""

    extension: str | None
    """The authenticated extension, or None for a stranger."""


class Target(Struct, frozen=True, gc=False):
    """Where an INVITE is sent: a registered contact, and the flow that it registered by."""

    uri: str
    """The Request-URI."""

    flow: Flow
    route: tuple[str, ...] = ()
    """Values of Route: the proxies on the way (RFC 3327)."""

    alternatives: tuple["Target", ...] = ()
    """Other flows of the same phone, for when this one leads nowhere (RFC 5626)."""


# What a leg says


class Offered(Struct, frozen=True, gc=False, tag=True):
    """A call comes in. The leg has sent 100 Trying and waits for Ring, Progress, Accept, Refuse."""

    leg: str
    identity: Identity
    caller: Party
    """Who a trusted side says that it is; else of the From header, whose user admission has
    checked."""

    dialled: str
    """The user part of the Request-URI."""

    sdp: bytes
    """The offer; empty when the caller leaves offering to us."""

    call_id: str
    """The SIP Call-ID, for logs and records."""

    source: Flow
    user_agent: str = ""
    can_answer_early: bool = False
    """Without an offer of its own, it takes ours in Progress, and Confirmed brings its answer
    before the call is accepted."""

    replaces: str = ""
    """The leg whose place this call is to take (RFC 3891). That it may be replaced now is checked,
    and not whether by this caller."""

    referred_by: str = ""
    """Who has sent the caller here, as header text: a claim (RFC 3892)."""

    claims: Claims | None = None
    """What else is said of the caller, and of the way here; None for nothing."""


class Progressed(Struct, frozen=True, gc=False, tag=True):
    """A placed leg got a provisional response above 100."""

    leg: str
    status: int
    """199 only when the early media that was said last is over (RFC 6228)."""

    sdp: bytes = b""
    """Early media, when the response describes some. When our INVITE carried no offer, it is the
    offer, and its acknowledgement waits for Confirm."""


class Answered(Struct, frozen=True, gc=False, tag=True):
    """A placed leg was answered with 2xx; the leg has sent its ACK.

    When the INVITE carried no offer, `sdp` is the offer and the ACK waits for Confirm; it is empty
    if that offer came before, and is answered.
    """

    leg: str
    sdp: bytes


class Refused(Struct, frozen=True, gc=False, tag=True):
    """A placed leg ended without an answer."""

    leg: str
    status: int
    """The final status; 408 when nothing came, 487 after Withdraw, 503 when sending failed."""

    reason: str = ""
    contacts: tuple[str, ...] = ()
    """URIs of a 3xx that lead to this switch, best first."""

    elsewhere: str = ""
    """The best URI of a 3xx by which nothing leads here."""


class Confirmed(Struct, frozen=True, gc=False, tag=True):
    """The ACK of an accepted leg came; `sdp` is the answer when our 200 carried the offer.

    Said of an accepted change too, but only when our 200 carried the offer; and before Accept, when
    an offer in Progress has been answered.
    """

    leg: str
    sdp: bytes = b""


class Changed(Struct, frozen=True, gc=False, tag=True):
    """The peer sent a re-INVITE, or an offer in an UPDATE or PRACK, which may be before the call is
    answered. Reply with AcceptChange or RefuseChange."""

    leg: str
    sdp: bytes
    """The new offer; empty when the peer asks us to offer."""


class ChangeAnswered(Struct, frozen=True, gc=False, tag=True):
    """Our Change was accepted. If it asked the peer to offer, `sdp` is the offer and the ACK waits
    for Confirm."""

    leg: str
    sdp: bytes


class ChangeRefused(Struct, frozen=True, gc=False, tag=True):
    """Our Change was refused, or the peer's ACK did not bring the answer to the offer in our 2xx;
    the session is as it was before."""

    leg: str
    status: int


class Digit(Struct, frozen=True, gc=False, tag=True):
    """The peer has sent a digit by INFO."""

    leg: str
    key: str
    """One of 0-9, A-D, * or #."""

    milliseconds: int


class DigitNotTaken(Struct, frozen=True, gc=False, tag=True):
    """The peer takes no digits by INFO, so SendDigit has sent nothing."""

    leg: str
    key: str
    milliseconds: int


class Ended(Struct, frozen=True, gc=False, tag=True):
    """The leg is over and its name is free. The last event of every offered and answered leg.

    A placed leg that was never answered says Refused instead.
    """

    leg: str
    cause: str
    """`bye` (the peer hung up), `cancel` (the caller gave up), `ended` (we hung up), `refused`
    (we refused), `no-ack`, `no-prack` (before the answer), `timeout` (no answer within a dialog),
    `expired` (the session was not refreshed), `lost` (connection or dialog gone)."""

    reason: str = ""
    """Of the peer's BYE or CANCEL, as its Reason header says it (RFC 3326)."""


LegEvent = (
    Offered
    | Progressed
    | Answered
    | Refused
    | Confirmed
    | Changed
    | ChangeAnswered
    | ChangeRefused
    | Digit
    | DigitNotTaken
    | Transferring
    | Ended
)


# What a leg can be told


class Ring(Struct, frozen=True, gc=False, tag=True):
    """Send 180 Ringing on an offered leg."""

    leg: str
    connected: Party | None = None
    """Who is being rung, for the telephone to show."""


class Progress(Struct, frozen=True, gc=False, tag=True):
    """Send a provisional response with early media on an offered leg."""

    leg: str
    sdp: bytes
    status: int = 183
    may_differ: bool = False
    """The answer may describe something else: so this is no answer yet."""

    connected: Party | None = None
    """Who is heard."""


class Accept(Struct, frozen=True, gc=False, tag=True):
    """Send 200 OK on an offered leg, with our answer, or our offer if the INVITE had none."""

    leg: str
    sdp: bytes
    connected: Party | None = None
    """Who has answered, for the telephone to show."""


class Refuse(Struct, frozen=True, gc=False, tag=True):
    """Send a final failure on an offered leg. Ended follows."""

    leg: str
    status: int
    reason: str = ""
    """The phrase; empty for the RFC's own."""

    warning: str = ""
    """Code and text of a Warning (RFC 3261, section 20.43), such as `305 No codec in common`."""


class Place(Struct, frozen=True, gc=False, tag=True):
    """Begin a leg towards `target`. The name is chosen by whoever places it."""

    leg: str
    target: Target | Elsewhere
    caller: Party
    """Shown to the phone, in From, unless `claims` want it to be hidden."""

    called: str
    """The number that rings, in To."""

    sdp: bytes
    """Our offer."""

    diversions: tuple[Diversion, ...] = ()
    """Those of ours, newest first."""

    replaces: str = ""
    """Value of Replaces: the dialog of the phone that this call takes the place of."""

    referred_by: str = ""
    """Value of Referred-By."""

    claims: Claims | None = None
    """Of the caller."""

    alert: str = ""
    """Value of Alert-Info: how it is to ring."""


class Confirm(Struct, frozen=True, gc=False, tag=True):
    """Send the ACK or PRACK that waits because the response carried the offer, with our answer."""

    leg: str
    sdp: bytes


class Change(Struct, frozen=True, gc=False, tag=True):
    """Send a re-INVITE with this offer (empty: ask the peer to offer); before the call is answered,
    an UPDATE."""

    leg: str
    sdp: bytes
    connected: Party | None = None
    """With whom the telephone talks from now on, for it to show."""


class AcceptChange(Struct, frozen=True, gc=False, tag=True):
    """Accept what Changed said."""

    leg: str
    sdp: bytes


class RefuseChange(Struct, frozen=True, gc=False, tag=True):
    """Refuse what Changed said; the session stays as it was."""

    leg: str
    status: int
    warning: str = ""
    """As in Refuse."""


class Withdraw(Struct, frozen=True, gc=False, tag=True):
    """Give up a placed leg that is not answered: CANCEL, as soon as a CANCEL may be sent.

    Refused (487 or what the phone said) follows; a 200 that crosses the CANCEL gets ACK and BYE
    from the leg itself.
    """

    leg: str
    answered_elsewhere: bool = False
    """Adds `Reason: SIP;cause=200;text="Call completed elsewhere"`: no missed call is shown."""

    reason: str = ""
    """Value of a Reason header, otherwise."""


class Identify(Struct, frozen=True, gc=False, tag=True):
    """Let the telephone of an answered leg show with whom it is connected now: by UPDATE, if it
    takes that, or else with whatever is said to it next."""

    leg: str
    connected: Party


class SendDigit(Struct, frozen=True, gc=False, tag=True):
    """Send a digit by INFO. DigitNotTaken follows from a peer that takes none."""

    leg: str
    key: str
    milliseconds: int = 100


class End(Struct, frozen=True, gc=False, tag=True):
    """Hang up, in whatever state the leg is: BYE, CANCEL or a final failure. Ended or Refused
    follows."""

    leg: str
    reason: str = ""
    """Value of a Reason header."""


LegCommand = (
    Ring
    | Progress
    | Accept
    | Refuse
    | Place
    | Confirm
    | Change
    | AcceptChange
    | RefuseChange
    | Withdraw
    | Identify
    | SendDigit
    | TransferCommand
    | End
)
