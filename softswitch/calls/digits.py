"""Digits that people press during a call: to the application, or to who they talk to."""

from msgspec import Struct

from media.control import SendDigits
from softswitch.calls.attendant import Attendant
from softswitch.calls.conversation import Conversation
from softswitch.calls.keypad import Keypad, Way
from softswitch.calls.outputs import Output, ToMedia
from softswitch.calls.side import Side
from softswitch.sip.vocabulary import SendDigit


class Digits(Struct, eq=False):
    """Named events reach the other side as media, so only what came by INFO is passed on, and what
    the other side could not take as media."""

    _attendant: Attendant
    _conversation: Conversation
    _keypads: dict[str, Keypad] = {}
    """By leg, of those that have been used."""

    def heard(
        self, stream: int, key: str, milliseconds: int, now: float, out: list[Output]
    ) -> None:
        """Take a named event, which has ended."""
        conversation = self._conversation
        for side in (conversation.caller.side, conversation.callee):
            if side is not None and side.stream == stream:
                self._pressed(side, key, Way.MEDIA, milliseconds, now, out)
                return

    def informed(
        self, leg: str, key: str, milliseconds: int, now: float, out: list[Output]
    ) -> None:
        """Take a digit by INFO."""
        side = self._conversation.side_of(leg)
        if side is not None:
            self._pressed(side, key, Way.INFO, milliseconds, now, out)

    def _pressed(
        self, side: Side, key: str, way: Way, milliseconds: int, now: float, out: list[Output]
    ) -> None:
        if not self._keypads.setdefault(side.leg, Keypad()).press(key, way, now):
            return
        caller, callee = self._conversation.caller.side, self._conversation.callee
        if side is caller:
            self._attendant.press(key, now, out)
        other = callee if side is caller else caller
        if callee is None or other is None:
            return
        takes_events = other.agreed is not None and other.agreed.event_payload_type >= 0
        if not takes_events or other.port is None:
            out.append(SendDigit(other.leg, key, milliseconds))
        elif way is Way.INFO:
            digits = SendDigits(other.stream, key, milliseconds)
            out.append(ToMedia(other.port.worker, digits))
