"""One side of a call: a leg, the stream behind it, and what the two have agreed."""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from ipaddress import ip_address, ip_network

from msgspec import Struct
from msgspec.structs import replace

from media import sdp
from media.control import Direct
from media.measuring import Keys
from media.sdp.negotiate import EVERY_CODEC
from softswitch.calls.ports import LeasedPort
from softswitch.sip.flow import Flow
from softswitch.sip.vocabulary import Claims, Party

_PRIVATE = tuple(
    ip_network(network)
    for network in (
        "10.0.0.0/8",
        "172.16.0.0/12",
        "192.168.0.0/16",
        "100.64.0.0/10",
        "169.254.0.0/16",
        "fc00::/7",
        "fe80::/10",
    )
)


@lru_cache(maxsize=4096)
def is_hidden(address: str, seen: str) -> bool:
    """Whether a telephone that is seen at `seen` cannot be reached at `address`: the one is
    private and the other is not, so there is a router between them that translates."""
    return _is_private(address) and not _is_private(seen)


def on_link(address: str, seen: str) -> str:
    """Return a link-local `address` with the link on which a telephone is seen at `seen`."""
    if "%" not in seen:
        return address
    zone = seen.partition("%")[2]
    return f"{address}%{zone}" if zone and address.lower().startswith("fe80:") else address


def _is_private(address: str) -> bool:
    try:
        parsed = ip_address(address)
    except ValueError:
        return False
    return parsed.is_loopback or any(parsed in network for network in _PRIVATE)


@lru_cache(maxsize=256)
def _shared_first(codecs: tuple[str, ...], shared: tuple[str, ...]) -> tuple[str, ...]:
    return (
        *(codec for codec in codecs if codec in shared),
        *(codec for codec in codecs if codec not in shared),
    )


class Side(Struct, eq=False):
    """Speaks offer and answer for one leg, with the address of its stream.

    The leg knows when something may be offered, this knows what. Without a stream, descriptions
    of the other side pass through and only `said` is kept.
    """

    leg: str
    extension: str
    flow: Flow
    shown: Party | None = None
    """Who is there, for the telephone of the other side; None for who is not to be shown."""

    claims: Claims | None = None
    """Of who has called."""

    said: bytes = b""
    """The last description that the telephone sent."""

    sent: bytes = b""
    """The last description that we sent it."""

    codecs: tuple[str, ...] = ()
    """What the telephone may speak, most wanted first; empty for all, as it likes."""

    dtmf: str = "auto"
    """How the telephone sends and takes digits, as in `softswitch.routing.model.Employee`."""

    security: sdp.Security = sdp.Security.OFF
    """Whether its media is encrypted."""

    port: LeasedPort | None = None
    agreed: sdp.Agreed | None = None
    theirs: sdp.Direction = sdp.Direction.SENDRECV
    """Direction of the telephone's last description, as it wrote it."""

    is_held: bool = False
    """Whether we have told the telephone that the other side holds it, or waits itself."""

    trouble: str = ""
    """Why it is not heard, in words, while that is so."""

    _local: sdp.Local | None = None
    _before: sdp.Local | None = None
    _asked: bytes = b""
    _shared: tuple[str, ...] = ()
    _directed: Direct | None = None

    @property
    def stream(self) -> int:
        """The stream's number, -1 without one."""
        return -1 if self.port is None else self.port.stream

    @property
    def takes_events(self) -> bool:
        """Whether the telephone takes digits as named events."""
        is_agreed = self.agreed is not None and self.agreed.event_payload_type >= 0
        return is_agreed and self.dtmf in ("auto", "rfc4733")

    @property
    def sends_tones(self) -> bool:
        """Whether digits may come from the telephone as tones, which it then takes too."""
        is_silent = self.agreed is not None and self.agreed.event_payload_type < 0
        return self.dtmf == "inband" or (self.dtmf == "auto" and is_silent)

    @property
    def is_adrift(self) -> bool:
        """Whether the telephone knows nothing of its stream, and is not being told."""
        return self.port is not None and self.agreed is None and not self._asked

    @property
    def told(self) -> sdp.Direction | None:
        """What it was told last that we do."""
        return None if self._local is None else self._local.direction

    @property
    def is_asked(self) -> bool:
        """Whether an offer of ours waits for its answer."""
        return bool(self._asked)

    def open(self, port: LeasedPort, session_id: int) -> None:
        self.port = port
        address = port.address or self.flow.local[0]
        self._local = sdp.Local(
            address, port.port, session_id, security=self.security, secret=port.secret
        )

    def move(self, port: LeasedPort) -> None:
        """Receive by another port from now on, of which the telephone has to be told."""
        local = self._local
        if local is None:
            raise ValueError(f"leg {self.leg} has no stream")
        self.port = port
        address = port.address or self.flow.local[0]
        self._local = sdp.Local(
            address,
            port.port,
            local.session_id,
            local.version,
            local.direction,
            self.security,
            port.secret,
        )
        self.agreed = self._directed = None

    def offer(
        self,
        codecs: Iterable[str],
        direction: sdp.Direction = sdp.Direction.SENDRECV,
        *,
        shared: Sequence[str] = (),
    ) -> bytes:
        """Return an offer of ours; `take_answer` or `withdraw_offer` comes next.

        codecs  for a telephone that may speak all of them
        shared  what the other side speaks: offered first, in this telephone's own order, so that
                nothing need be converted. What this one speaks now, if not given
        """
        if not shared and self.agreed is not None:
            shared = (self.agreed.codec,)
        self._shared = tuple(shared)
        listed = _shared_first(self.codecs or tuple(codecs), self._shared)
        self._before = self._local
        self._local = self._next(direction)
        self.is_held = direction is not sdp.Direction.SENDRECV
        self._asked = self.sent = sdp.offer(self._local, listed)
        return self.sent

    def objection(self, offered: sdp.SessionDescription) -> sdp.NotAcceptable:
        """Return why nothing of an offer can be taken, in words for who has made it."""
        return sdp.objection(offered, self.codecs or EVERY_CODEC, self.security)

    def take_answer(self, body: bytes) -> None:
        """Take the telephone's answer to our last offer. Raises SdpError."""
        description = sdp.parse(body)
        self.agreed = sdp.agree(self._asked or self.sent, description, self._shared)
        self.said = body
        self.theirs = sdp.direction_of(description)

    def settle_offer(self) -> None:
        """Regard our last offer as answered for good: what comes next is another."""
        self._asked = b""

    def withdraw_offer(self) -> None:
        """Go back to what was agreed before our last offer, which was refused."""
        if self._local is not None and self._before is not None:
            # A version that was sent once is not used again.
            self._local = self._local.changed(self._before.direction)
            self.is_held = self.theirs is sdp.Direction.RECVONLY
        self._asked = b""

    def common(self, offered: sdp.SessionDescription) -> list[str]:
        """Return the codecs of an offer that the telephone may speak, most wanted first."""
        if not self.codecs:
            return sdp.common(offered, security=self.security)
        theirs = sdp.common(offered, self.codecs, self.security)
        return [codec for codec in self.codecs if codec in theirs]

    def answer(
        self,
        offered: sdp.SessionDescription,
        body: bytes,
        *,
        prefer: str = "",
        direction: sdp.Direction = sdp.Direction.SENDRECV,
    ) -> bytes:
        """Return our answer to the telephone's offer. Raises NotAcceptable.

        offered    the offer, `body` parsed
        direction  what we would like
        """
        local, answered, codecs = self._local, b"", self.codecs or EVERY_CODEC
        if self.codecs and prefer not in (wanted := self.common(offered)):
            prefer = wanted[0] if wanted else ""
        if local is not None and self.sent and direction is local.direction:
            # Who asks whether all is as before hears the same version (RFC 3264, section 8).
            answered, self.agreed = sdp.answer(offered, local, codecs, prefer)
        if not answered or answered != self.sent:
            local = self._next(direction)
            answered, self.agreed = sdp.answer(offered, local, codecs, prefer)
            self._local = local
        self.sent = answered
        self.said = body
        self.theirs = sdp.direction_of(offered)
        return answered

    def direct(self, *, latch: bool, early: bool = False) -> Direct | None:
        """Return the command that makes the stream do what was agreed; None when it does already,
        for a stream that is told again begins to look for its peer again."""
        agreed, port = self.agreed, self.port
        if agreed is None or port is None:
            return None
        host = self.flow.remote[0]
        crypto = agreed.crypto
        hidden = latch and is_hidden(agreed.address, host)
        command = Direct(
            port.stream,
            "" if hidden else on_link(agreed.address, host),
            agreed.port,
            agreed.codec,
            agreed.payload_type,
            agreed.receive_payload_type,
            agreed.event_payload_type if self.takes_events else -1,
            agreed.receive_event_payload_type,
            agreed.ptime,
            agreed.sends,
            agreed.receives,
            latch,
            host,
            early,
            agreed.also_receives,
            self.sends_tones,
            agreed.event_clock_rate,
            extended_reports=agreed.extended_reports,
            keys=None if crypto is None else _keys(crypto),
        )
        if command == self._directed:
            return None
        self._directed = command
        return command

    def _next(self, direction: sdp.Direction) -> sdp.Local:
        if self._local is None:
            raise ValueError(f"leg {self.leg} has no stream")
        if not self.sent:
            if direction is self._local.direction:
                return self._local
            return replace(self._local, version=1, direction=direction)
        return self._local.changed(direction)


def _keys(agreed: sdp.CryptoAgreed) -> Keys:
    """Return keys that can be sent to a worker: of bytes, and of no kind of them."""
    return Keys(agreed.suite, bytes(agreed.send), bytes(agreed.receive))
