"""A telephone in the simulated world: our user agent, somebody who uses it, and its audio.

Its SDP, RTP and digits are written here by hand, so that the switch is not tested with the
switch's own media code.
"""

import re
import struct
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from softswitch.identifiers import Identifiers, counted
from softswitch.phone.agent import Phone
from softswitch.phone.events import (
    CallRefused,
    Cancelled,
    Complaint,
    Connected,
    EarlyMedia,
    Ended,
    HungUp,
    Incoming,
    NoAck,
    Notified,
    PhoneOutput,
    Referred,
    Registered,
    RegistrationFailed,
    Reinvited,
    Ringing,
    Send,
)
from softswitch.sip.flow import Flow
from softswitch.sip.message import Request
from tests.support.audio import tone
from tests.support.safe import Safe
from tests.support.world import Address, Alarm, Network, World

PTIME = 0.02
FRAME = 160
KEYS = "0123456789*#ABCD"
EVENTS = 101
TONES = {
    key: (low, high)
    for low, row in zip((697, 770, 852, 941), ("123A", "456B", "789C", "*0#D"), strict=True)
    for high, key in zip((1209, 1336, 1477, 1633), row, strict=True)
}
"""Hz of each key."""


Answers = Callable[["Handset", Incoming], None]
"""What the user does when it rings."""


def rings(handset: "Handset", call: Incoming) -> None:
    """Let it ring, and do nothing."""
    handset.send(handset.phone.ring(call.call, handset.now))


def answers_after(seconds: float) -> Answers:
    def user(handset: "Handset", call: Incoming) -> None:
        rings(handset, call)
        handset.world.after(seconds, lambda: handset.pick_up(call.call))

    return user


def refuses_with(status: int, *, after: float = 0.0) -> Answers:
    def user(handset: "Handset", call: Incoming) -> None:
        def refuse() -> None:
            handset.refuse(call.call, status)

        if after:
            rings(handset, call)
            handset.world.after(after, refuse)
        else:
            refuse()

    return user


def redirects_to(number: str) -> Answers:
    def user(handset: "Handset", call: Incoming) -> None:
        handset.redirect(call.call, number)

    return user


@dataclass
class Talk:
    """The audio of one call at this end."""

    remote: Address
    payload_type: int
    began: float
    heard: list[tuple[float, bytes]] = field(default_factory=list)
    """RTP packets, with the time of their arrival."""

    sequence: int = 0
    timestamp: int = 0
    speech: NDArray[np.uint8] = field(default_factory=lambda: np.zeros(0, np.uint8))
    """Payload bytes still to be said."""

    digits: list[bytes] = field(default_factory=list)
    """Event payloads still to be sent, a packet time apart; the last three end each digit."""

    event_timestamp: int = 0
    is_speaking: bool = False
    is_over: bool = False


class Handset:
    """One telephone with one line, or more."""

    def __init__(
        self,
        world: World,
        network: Network,
        number: str,
        password: str,
        address: Address,
        switch: Address,
        note: Callable[[str], None],
    ) -> None:
        self.world = world
        self.number = number
        self.address = address
        self._network = network
        self._note = note
        self._switch = switch
        self.user: Answers = rings
        self.codecs: tuple[str, ...] = ("0 PCMU", "8 PCMA")
        self.takes_events = True
        """Digits are named events; otherwise nothing is agreed about them."""

        self.safe: Safe | None = None
        """Encrypts, where the switch takes its key."""

        self.speaks_last_codec = False
        """Send by the last codec in common, and not by the first: both are agreed."""

        self.phone = Phone(
            number,
            password,
            Flow("udp", address, switch),
            Identifiers(counted(f"{number}-{address[0]}-")),
            name=f"Phone {number}",
        )
        self.events: list[tuple[float, PhoneOutput]] = []
        self.registered = False
        self.ringing: set[str] = set()
        self.connected: set[str] = set()
        self.invites: list[Request] = []
        self.talks: dict[str, Talk] = {}
        self.complaints: list[str] = []
        self.refused_with: int | None = None
        self.cancel_reason = ""
        self.is_unplugged = False
        self.refuses_changes_with: int | None = None
        self._media_port = 30000
        self._alarm = Alarm(world, self.phone, self._expire)
        network.attach(address, self._receive)

    @property
    def now(self) -> float:
        return self.world.now

    # What its user does

    def register(self, expires: int = 3600) -> None:
        self.send(self.phone.register(self.now, expires))

    def unregister(self) -> None:
        self.send(self.phone.unregister(self.now))

    def unplug(self) -> None:
        """Nothing goes out and nothing comes in any more."""
        self.is_unplugged = True
        self._network.detach(self.address)

    def call(self, number: str) -> str:
        self._note(f"{self.number} calls {number}")
        name, outputs = self.phone.call(number, self.describe(), self.now)
        self.send(outputs)
        return name

    def pick_up(self, call: str) -> None:
        if call in self.ringing:
            self._note(f"{self.number} answers")
            self.ringing.discard(call)
            self.send(self.phone.answer(call, self.describe(), self.now))

    def refuse(self, call: str, status: int) -> None:
        if call in self.ringing:
            self._note(f"{self.number} refuses with {status}")
            self.ringing.discard(call)
            self.send(self.phone.refuse(call, status, self.now))

    def redirect(self, call: str, number: str) -> None:
        self._note(f"{self.number} sends the call to {number}")
        self.ringing.discard(call)
        self.send(self.phone.redirect(call, number, self.now))

    def hang_up(self, call: str = "") -> None:
        for name in [call] if call else [view.call for view in self.phone.dialogs()]:
            self._note(f"{self.number} hangs up")
            self.ringing.discard(name)
            self.send(self.phone.hang_up(name, self.now))
            if name in self.talks:
                self.talks[name].is_over = True

    def transfer(self, call: str, to: str, replaces: str = "") -> None:
        """Press the transfer key: blind, or attended where another call is named."""
        self._note(f"{self.number} hands on to {to}")
        self.send(self.phone.refer(call, to, self.now, replaces))

    @property
    def reports(self) -> list[str]:
        """What was told of transfers, oldest first: statuses."""
        notified = [event for _, event in self.events if isinstance(event, Notified)]
        return [notice.body.decode().split()[1] for notice in notified]

    @property
    def referred_with(self) -> list[int]:
        return [event.status for _, event in self.events if isinstance(event, Referred)]

    def hold(self, call: str, direction: str = "sendonly") -> None:
        self.send(self.phone.reinvite(call, self.describe(direction), self.now))

    def preview(self, call: str) -> None:
        """Let the caller hear this telephone before it is picked up (183)."""
        self.send(self.phone.progress(call, self.describe(), self.now))

    def move_audio(self, port: int) -> None:
        """Send and receive audio by another port from now on; describing it is up to the user."""
        self._network.detach((self.address[0], self._media_port))
        self._media_port = port
        self._network.attach((self.address[0], port), lambda data, source: self._heard(data))

    def say(self, payload: bytes, call: str = "") -> None:
        """Speak from now on, a packet every 20 ms: bytes of the law that is sent."""
        talk = self.talk(call)
        talk.speech = np.concatenate([talk.speech, np.frombuffer(payload, np.uint8)])
        self._begin_speaking(talk)

    def press(self, keys: str, call: str = "") -> None:
        """Press keys, 100 ms each, by named events (RFC 4733)."""
        talk = self.talk(call)
        for key in keys:
            event = KEYS.index(key)
            durations = [FRAME * (n + 1) for n in range(5)]
            talk.digits += [struct.pack("!BBH", event, 10, d) for d in durations]
            talk.digits += [struct.pack("!BBH", event, 0x8A, durations[-1])] * 3
        self._begin_speaking(talk)

    def press_tones(self, keys: str, call: str = "", seconds: float = 0.1) -> None:
        """Press keys as tones in the audio (ITU-T Q.23), with pauses of as long after them."""
        for key in keys:
            low, high = TONES[key]
            both = (tone(low, seconds, level_db=-15) + tone(high, seconds, level_db=-13)).tolist()
            sound = np.array([*both, *[0.0] * len(both)])
            self.say(encode_ulaw(sound), call)

    def silence(self) -> None:
        """Stop sending audio."""
        for talk in self.talks.values():
            talk.is_over = True

    # What it has heard

    def talk(self, call: str = "") -> Talk:
        return self.talks[call] if call else list(self.talks.values())[-1]

    def heard(self, call: str = "") -> NDArray[np.int16]:
        """Return what was heard, by arrival, decoded by the definition of µ-law (ITU G.711)."""
        payload = b"".join(data[12:] for _, data in self.talk(call).heard if data[1] & 0x7F == 0)
        return decode_ulaw(np.frombuffer(payload, np.uint8))

    def events_of(self, kind: type) -> list[PhoneOutput]:
        return [event for _, event in self.events if isinstance(event, kind)]

    # SIP

    def send(self, outputs: list[PhoneOutput]) -> None:
        for output in outputs:
            if isinstance(output, Send):
                if not self.is_unplugged:
                    self._network.send(output.data, self.address, self._switch)
            else:
                self.events.append((self.now, output))
                self._happened(output)
        self._alarm.rearm()

    def _receive(self, data: bytes, source: Address) -> None:
        self.send(self.phone.receive(data, self.now))

    def _expire(self) -> None:
        self.send(self.phone.expire(self.now))

    def _happened(self, event: PhoneOutput) -> None:
        match event:
            case Registered():
                self.registered = True
            case RegistrationFailed(status=status):
                self.registered = False
                self.refused_with = status
            case Incoming():
                self._rung(event)
            case Connected() | EarlyMedia():
                self._audible(event)
            case Reinvited(call=call, sdp=sdp):
                self._reinvited(call, sdp)
            case Complaint(what=what):
                self.complaints.append(what)
            case Ringing():
                self._note(f"{self.number} hears ringing")
            case Cancelled() | CallRefused() | HungUp() | NoAck() | Ended():
                self._finished(event)
            case _:
                pass

    def _rung(self, event: Incoming) -> None:
        self.invites.append(event.request)
        self.ringing.add(event.call)
        self._note(f"{self.number} rings")
        if event.sdp:
            self._connect(event.call, event.sdp)
        self.user(self, event)

    def _audible(self, event: Connected | EarlyMedia) -> None:
        if event.sdp:
            self._connect(event.call, event.sdp)
        if isinstance(event, Connected):
            self.ringing.discard(event.call)
            self.connected.add(event.call)
            self._note(f"{self.number} is connected")

    def _finished(self, event: Cancelled | CallRefused | HungUp | NoAck | Ended) -> None:
        match event:
            case Cancelled(reason=reason):
                self.cancel_reason = reason
                self._stops(event.call)
            case CallRefused(status=status):
                self.refused_with = status
                self._note(f"{self.number} hears {status}")
            case _:
                self._note(f"{self.number} is free")
        self.ringing.discard(event.call)
        self.connected.discard(event.call)
        if event.call in self.talks:
            self.talks[event.call].is_over = True

    def _reinvited(self, call: str, sdp: bytes) -> None:
        mirrored = {"sendonly": "recvonly", "recvonly": "sendonly", "inactive": "inactive"}
        found = re.search(rb"a=(sendonly|recvonly|inactive)", sdp)
        direction = mirrored[found[1].decode()] if found else "sendrecv"
        self._note(f"{self.number} is told {found[1].decode() if found else 'sendrecv'}")
        if self.refuses_changes_with is not None:
            self.send(self.phone.refuse(call, self.refuses_changes_with, self.now))
            return
        if sdp:
            self._connect(call, sdp)  # the switch may have moved
        self.send(self.phone.answer(call, self.describe(direction), self.now))

    def _stops(self, call: str) -> None:
        if call in self.ringing:
            self._note(f"{self.number} stops")
            self.ringing.discard(call)

    # Audio

    def describe(self, direction: str = "sendrecv") -> bytes:
        """Return a session description of this phone."""
        formats = " ".join(codec.split()[0] for codec in self.codecs)
        events = [f"a=rtpmap:{EVENTS} telephone-event/8000", f"a=fmtp:{EVENTS} 0-16"]
        profile = "RTP/AVP" if self.safe is None else self.safe.profile
        lines = [
            "v=0",
            f"o=- 1 1 IN IP4 {self.address[0]}",
            "s=-",
            f"c=IN IP4 {self.address[0]}",
            "t=0 0",
            f"m=audio {self._media_port} {profile} {formats}{f' {EVENTS}' * self.takes_events}",
            *([self.safe.line] if self.safe is not None else []),
            *(f"a=rtpmap:{codec}/8000" for codec in self.codecs),
            *(events if self.takes_events else []),
            f"a={direction}",
        ]
        return "".join(line + "\r\n" for line in lines).encode()

    def _connect(self, call: str, sdp: bytes) -> None:
        host = re.search(rb"c=IN IP4 (\S+)", sdp)
        media = re.search(rb"m=audio (\d+) RTP/S?AVP ([\d ]+)", sdp)
        assert host is not None, sdp
        assert media is not None, sdp
        remote = host[1].decode(), int(media[1])
        if self.safe is not None:
            self.safe.learn(sdp)
        theirs = media[2].decode().split()
        common = [codec.split()[0] for codec in self.codecs if codec.split()[0] in theirs]
        assert common, f"{self.number} cannot understand {sdp!r}"
        payload_type = int(common[-1 if self.speaks_last_codec else 0])
        if (talk := self.talks.get(call)) is not None:
            talk.remote, talk.payload_type = remote, payload_type
            return
        talk = self.talks[call] = Talk(remote, payload_type, self.now)
        self._network.attach(
            (self.address[0], self._media_port), lambda data, source: self._heard(data)
        )

    def _heard(self, data: bytes) -> None:
        if self.safe is not None and self.safe.is_on:
            data = self.safe.open(data)
        if len(data) >= 12 and not 64 <= data[1] & 0x7F <= 95:
            for talk in reversed(list(self.talks.values())):
                if not talk.is_over:
                    talk.heard.append((self.now, data))
                    return

    def _begin_speaking(self, talk: Talk) -> None:
        """Packets leave at whole packet times from the call's beginning, as a sampling clock has
        it; between speeches there are none."""
        if not talk.is_speaking:
            talk.is_speaking = True
            passed = int((self.now - talk.began) / PTIME + 1e-6) + 1
            talk.timestamp = passed * FRAME
            self.world.at(talk.began + passed * PTIME, lambda: self._speak(talk))

    def _speak(self, talk: Talk) -> None:
        if talk.is_over or self.is_unplugged or not (talk.digits or talk.speech.size):
            talk.is_speaking = False
            return
        if talk.digits:
            payload = talk.digits.pop(0)
            if not talk.event_timestamp:
                talk.event_timestamp = talk.timestamp + 1
            self._rtp(talk, EVENTS, payload, talk.event_timestamp)
            if payload[1] & 0x80 and (not talk.digits or not talk.digits[0][1] & 0x80):
                talk.event_timestamp = 0
        elif talk.speech.size:
            self._rtp(talk, talk.payload_type, talk.speech[:FRAME].tobytes(), talk.timestamp)
            talk.speech = talk.speech[FRAME:]
        talk.timestamp += FRAME
        self.world.after(PTIME, lambda: self._speak(talk))

    def _rtp(self, talk: Talk, payload_type: int, payload: bytes, timestamp: int) -> None:
        header = struct.pack(
            "!BBHII", 0x80, payload_type, talk.sequence & 0xFFFF, timestamp, int(self.number or 0)
        )
        talk.sequence += 1
        packet = header + payload
        if self.safe is not None and self.safe.is_on:
            packet = self.safe.protect(packet)
        self._network.send(packet, (self.address[0], self._media_port), talk.remote)


def decode_ulaw(payload: NDArray[np.uint8]) -> NDArray[np.int16]:
    """Return the samples of µ-law bytes, from the definition and not from our tables."""
    inverted = (~payload).astype(np.int32)
    sign = np.where(inverted & 0x80, -1, 1)
    exponent, mantissa = (inverted >> 4) & 7, inverted & 0x0F
    return np.asarray(sign * ((((mantissa << 3) + 0x84) << exponent) - 0x84), np.int16)


def decode_alaw(payload: NDArray[np.uint8]) -> NDArray[np.int16]:
    """Return the samples of A-law bytes, from the definition and not from our tables."""
    toggled = (payload ^ 0x55).astype(np.int32)
    sign = np.where(toggled & 0x80, 1, -1)
    exponent, mantissa = (toggled >> 4) & 7, toggled & 0x0F
    linear = (mantissa << 4) + 8
    return np.asarray(
        sign * np.where(exponent, (linear + 0x100) << np.maximum(exponent - 1, 0), linear), np.int16
    )


def encode_ulaw(samples: NDArray[np.float64]) -> bytes:
    """Return the µ-law bytes that come nearest to samples of full scale 1.0."""
    return _encode(samples, decode_ulaw)


def encode_alaw(samples: NDArray[np.float64]) -> bytes:
    """Return the A-law bytes that come nearest to samples of full scale 1.0."""
    return _encode(samples, decode_alaw)


def _encode(
    samples: NDArray[np.float64], decode: Callable[[NDArray[np.uint8]], NDArray[np.int16]]
) -> bytes:
    levels = decode(np.arange(256, dtype=np.uint8)).astype(np.int64)
    order = np.argsort(levels, kind="stable")
    ordered = levels[order]
    wanted = np.clip(samples * 32768, -32124, 32124)
    above = np.clip(np.searchsorted(ordered, wanted), 1, 255)
    nearer = np.where(wanted - ordered[above - 1] < ordered[above] - wanted, above - 1, above)
    return order[nearer].astype(np.uint8).tobytes()
