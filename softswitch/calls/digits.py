"""Digits that people press during a call: to the application, or to who they talk to."""

from msgspec import Struct

from media.control import Digit, SendDigits
from softswitch.calls.attendant import Attendant
from softswitch.calls.conversation import Conversation
from softswitch.calls.keypad import Keypad, Way
from softswitch.calls.outputs import Output, ToMedia
from softswitch.calls.side import Side
from softswitch.sip.vocabulary import SendDigit

FLASH = "!"
"""A hook flash: no key, and nothing that we act on."""


class Digits(Struct, eq=False):
    """What one side sends reaches the other in the way that it takes.

    Between two that take named events these pass as media, and so do tones between two that have
    nothing but tones. All else is taken out by the media engine, and sent anew from here.
    """

    _attendant: Attendant
    _conversation: Conversation
    _keypads: dict[str, Keypad] = {}
    """By leg, of those that have been used."""

    def heard(self, digit: Digit, now: float, out: list[Output]) -> None:
        """Take a digit that has come as media, and has ended."""
        conversation = self._conversation
        way = Way.TONES if digit.inband else Way.MEDIA
        for side in (conversation.caller.side, conversation.callee):
            if side is not None and side.stream == digit.stream:
                self._pressed(side, digit.key, way, digit.milliseconds, now, out)
                return

    def informed(
        self, leg: str, key: str, milliseconds: int, now: float, out: list[Output]
    ) -> None:
        """Take a digit by INFO."""
        side = self._conversation.side_of(leg)
        if side is not None:
            self._pressed(side, key, Way.INFO, milliseconds, now, out)

    def not_taken(self, leg: str, key: str, milliseconds: int, out: list[Output]) -> None:
        """Send a digit as tones to who does not take it by INFO."""
        side = self._conversation.side_of(leg)
        if side is not None and side.port is not None:
            digits = SendDigits(side.stream, key, milliseconds, tones=True)
            out.append(ToMedia(side.port.worker, digits))

    def _pressed(
        self, side: Side, key: str, way: Way, milliseconds: int, now: float, out: list[Output]
    ) -> None:
        if key == FLASH or not self._keypads.setdefault(side.leg, Keypad()).press(key, way, now):
            return
        caller, callee = self._conversation.caller.side, self._conversation.callee
        if side is caller:
            self._attendant.press(key, now, out)
        other = callee if side is caller else caller
        if callee is None or other is None or _has_passed(way, other):
            return
        if other.port is not None and (other.takes_events or other.dtmf == "inband"):
            digits = SendDigits(other.stream, key, milliseconds, tones=not other.takes_events)
            out.append(ToMedia(other.port.worker, digits))
        else:
            out.append(SendDigit(other.leg, key, milliseconds))


def _has_passed(way: Way, other: Side) -> bool:
    """Whether a digit has reached the other side as media, as it was sent."""
    match way:
        case Way.MEDIA:
            return other.takes_events and other.port is not None
        case Way.TONES:
            return other.sends_tones
        case Way.INFO:
            return False
