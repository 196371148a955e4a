"""Whose telephones have which dialogs, as the logs of the calls tell."""

from msgspec import Struct, structs

from softswitch.calls.facts import (
    CallClosed,
    CallerChanged,
    CallOffered,
    LegAnswered,
    LegEnded,
    LegJoined,
    LegLeft,
    LegPlaced,
    LegRefused,
    LegRinging,
    Logged,
    PartnerChanged,
)

INITIATOR, RECIPIENT = "initiator", "recipient"
TRYING, EARLY, CONFIRMED, TERMINATED = "trying", "early", "confirmed", "terminated"
RINGING = (TRYING, EARLY)


class Shown(Struct, frozen=True, gc=False):
    """Somebody, as those may know him who watch."""

    number: str
    name: str


HIDDEN = Shown("anonymous", "Anonymous")
"""Who does not want to be known."""


class LineDialog(Struct, frozen=True, gc=False):
    """One dialog of one extension, as others see it."""

    id: str
    extension: str
    direction: str
    """Who began the call: `initiator` is the extension itself."""

    state: str
    number: str
    """Of the other side."""

    name: str = ""


class Lines:
    """The dialogs of all extensions. Those that are over are forgotten."""

    __slots__ = ("_by_extension", "_callers", "_dialogs", "_legs")

    def __init__(self) -> None:
        self._dialogs: dict[str, LineDialog] = {}  # by leg
        self._by_extension: dict[str, dict[str, None]] = {}  # legs, in order
        self._legs: dict[str, list[str]] = {}  # of each call
        self._callers: dict[str, Shown] = {}  # of each call, as he is shown

    def of(self, extension: str) -> list[LineDialog]:
        """Return the dialogs that an extension has, in order of their beginning."""
        return [self._dialogs[leg] for leg in self._by_extension.get(extension, ())]

    def note(self, logged: Logged) -> list[LineDialog]:
        """Take an entry of a call's log; return the dialogs that it changes."""
        fact = logged.fact
        match fact:
            case CallOffered(leg=leg, extension=extension, dialled=dialled):
                self._callers[logged.call] = shown(fact)
                if extension:
                    return self._enter(
                        logged.call, leg, LineDialog(leg, extension, INITIATOR, TRYING, dialled)
                    )
            case LegPlaced(leg=leg, extension=extension):
                caller = self._callers.get(logged.call)
                if caller is not None and extension:
                    placed = LineDialog(
                        leg, extension, RECIPIENT, TRYING, caller.number, caller.name
                    )
                    return self._enter(logged.call, leg, placed)
            case LegRinging(leg=leg):
                return self._turn(leg, EARLY)
            case LegAnswered(leg=leg):
                return self._turn(leg, CONFIRMED)
            case LegJoined(leg=leg, extension=extension):
                return self._join(logged.call, leg, extension)
            case LegLeft(leg=leg):
                self._leave(logged.call, leg)
            case LegRefused(leg=leg) | LegEnded(leg=leg):
                return self._end(leg)
            case CallClosed():
                return self._close(logged.call)
            case CallerChanged() | PartnerChanged():
                return self._meet(logged.call, fact)
        return []

    def _meet(self, call: str, fact: CallerChanged | PartnerChanged) -> list[LineDialog]:
        """Show who has come to a call at those who see him there."""
        other = Shown(fact.number, fact.name) if fact.number else HIDDEN
        if isinstance(fact, PartnerChanged):
            return self._introduce(fact.leg, other)
        return self._call_for(call, other)

    def clear(self) -> None:
        for held in (self._dialogs, self._by_extension, self._legs, self._callers):
            held.clear()

    def __len__(self) -> int:
        """How many calls and dialogs are held."""
        return len(self._dialogs) + len(self._callers)

    def _enter(self, call: str, leg: str, dialog: LineDialog) -> list[LineDialog]:
        self._dialogs[leg] = dialog
        self._by_extension.setdefault(dialog.extension, {})[leg] = None
        self._legs.setdefault(call, []).append(leg)
        return [dialog]

    def _join(self, call: str, leg: str, extension: str) -> list[LineDialog]:
        """Count a leg to a call that it has come to, or picked up."""
        if leg in self._dialogs:
            legs = self._legs.setdefault(call, [])
            if leg not in legs:
                legs.append(leg)
            return []
        caller = self._callers.get(call)
        if caller is None or not extension:
            return []
        joined = LineDialog(leg, extension, RECIPIENT, CONFIRMED, caller.number, caller.name)
        return self._enter(call, leg, joined)

    def _leave(self, call: str, leg: str) -> None:
        """Let a leg outlive a call that it has left."""
        legs = self._legs.get(call, [])
        if leg in legs:
            legs.remove(leg)

    def _call_for(self, call: str, caller: Shown) -> list[LineDialog]:
        """Let the telephones that ring in a call show for whom they ring now."""
        self._callers[call] = caller
        changed: list[LineDialog] = []
        for leg in self._legs.get(call, ()):
            dialog = self._dialogs.get(leg)
            if dialog is not None and dialog.direction == RECIPIENT and dialog.state in RINGING:
                changed += self._introduce(leg, caller)
        return changed

    def _introduce(self, leg: str, partner: Shown) -> list[LineDialog]:
        dialog = self._dialogs.get(leg)
        if dialog is None or (dialog.number, dialog.name) == (partner.number, partner.name):
            return []
        changed = structs.replace(dialog, number=partner.number, name=partner.name)
        self._dialogs[leg] = changed
        return [changed]

    def _turn(self, leg: str, state: str) -> list[LineDialog]:
        dialog = self._dialogs.get(leg)
        if dialog is None or dialog.state == state:
            return []
        changed = self._dialogs[leg] = structs.replace(dialog, state=state)
        return [changed]

    def _end(self, leg: str) -> list[LineDialog]:
        dialog = self._dialogs.pop(leg, None)
        if dialog is None:
            return []
        legs = self._by_extension[dialog.extension]
        del legs[leg]
        if not legs:
            del self._by_extension[dialog.extension]
        return [structs.replace(dialog, state=TERMINATED)]

    def _close(self, call: str) -> list[LineDialog]:
        """Forget a call, and whatever of it has never said that it ended."""
        self._callers.pop(call, None)
        return [ended for leg in self._legs.pop(call, ()) for ended in self._end(leg)]


def shown(caller: CallOffered) -> Shown:
    """Return who calls, as those may know it who watch him or the called."""
    return HIDDEN if caller.is_anonymous else Shown(caller.caller, caller.caller_name)
