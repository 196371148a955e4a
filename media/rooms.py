"""Who is in which room, and what all who are in one hear: each other, and what is announced."""

from typing import Final, TypeAlias

import numpy as np

from media.announcements import Announcements
from media.conferencing import (
    Adjust,
    Announce,
    Announced,
    Join,
    Leave,
    RecordRoom,
    RoomRecorded,
    StopAnnouncing,
    StopRecordingRoom,
    Talking,
)
from media.hearing import Heard, Hearing
from media.ledger import Ledger
from media.minutes import RATES, Minutes
from media.mix import Mixer, Talk
from media.outputs import Discard, Output, Send
from media.speech import Speech, Spoken
from media.streams import Streams
from media.timeline import Timeline

FRAME: Final = 0.02
"""Seconds of what is heard at a tick."""

MemberCommand: TypeAlias = Join | Adjust | Leave
"""Of a stream."""

RoomCommand: TypeAlias = Announce | StopAnnouncing | RecordRoom | StopRecordingRoom
"""Of a room as a whole."""


class Rooms:
    """Carries out what is asked of rooms, and lets their members hear each other."""

    def __init__(
        self, streams: Streams, timeline: Timeline, hearing: Hearing, ledger: Ledger
    ) -> None:
        self._streams = streams
        self._hearing = hearing
        self._mixer = Mixer(streams.rows)
        self._speech = Speech(streams, timeline)
        self.announcements = Announcements()
        self.minutes = Minutes(ledger)
        self._hushed: dict[int, float] = {}
        """By row, until when nobody hears it: a key is held whose tone is not passed on."""

    @property
    def active(self) -> bool:
        """Somebody is in a room."""
        return self._mixer.active

    @property
    def is_unhurried(self) -> bool:
        """What arrives now is of no use before the next tick: all meet in rooms."""
        return self._mixer.active and not self._streams.bridged

    def member(self, command: MemberCommand, row: int) -> list[Output]:
        """Carry out a command of a stream."""
        if isinstance(command, Join):
            return self._join(command, row)
        if self._mixer.room_of(row) is None:
            return [Discard("not-in-a-room")]
        if isinstance(command, Adjust):
            return self._told(self._mixer.adjust(row, command.gain, muted=command.muted))
        return self.leave(row)

    def command(self, command: RoomCommand) -> list[Output]:
        """Carry out a command of a room."""
        room = command.room
        match command:
            case StopAnnouncing():
                return self.announcements.end(room, "stopped")
            case StopRecordingRoom():
                return self.minutes.stop(room, "stopped")
            case Announce():
                if not self._mixer.has(room):
                    return [Announced(room, command.token, "empty")]
                return self.announcements.begin(command)
            case RecordRoom(token=token, path=path, rate=rate):
                if not self._mixer.has(room):
                    return [RoomRecorded(room, token, path, 0.0, "empty", "nobody is in the room")]
                if rate not in RATES:
                    error = f"not a rate of recordings: {rate}"
                    return [RoomRecorded(room, token, path, 0.0, "failed", error)]
                return self.minutes.start(command)

    def leave(self, row: int) -> list[Output]:
        """Let a stream be in no room; it may be in none already."""
        room = self._mixer.room_of(row)
        if room is None:
            return []
        self._hearing.ignore(row)
        self._speech.forget(row)
        self._hushed.pop(row, None)
        outputs = self._told(self._mixer.leave(row))
        if not self._mixer.has(room):
            outputs += self.announcements.end(room, "empty")
            outputs += self.minutes.stop(room, "empty")
        return outputs

    def tick(self, heard: list[Heard], now: float) -> list[Output]:
        """Return the packets to all who are in rooms, and what is to be told."""
        if not self._mixer.active:
            return []
        announced, outputs = self.announcements.tick()
        heard = [self._without_tones(one, now) for one in heard]
        mixed = self._mixer.tick(heard, announced, self.minutes.rooms)
        batch = self._speech.say([self._unoccupied(one) for one in mixed.said], (), now)
        outputs += self.minutes.hear(mixed.sums)
        outputs += self._told(mixed.talks)
        return outputs if batch is None else [*outputs, Send(batch)]

    # Inside

    def _join(self, join: Join, row: int) -> list[Output]:
        room = self._mixer.room_of(row)
        outputs = self.leave(row) if room not in (None, join.room) else []
        self._streams.part(row)
        if join.listens:
            self._hearing.ignore(row)
        else:
            self._hearing.listen(row)
        talks = self._mixer.join(row, join.room, join.gain, muted=join.muted, listens=join.listens)
        return outputs + self._told(talks)

    def _without_tones(self, one: Heard, now: float) -> Heard:
        """Leave out what is known to be a digit. That is known when the tone arrives, and its
        end is heard later by as much as all has to wait in the jitter buffer."""
        muted = self._streams.muted[one.rows]
        if not self._hushed and not muted.any():
            return one
        for row in one.rows[muted].tolist():
            self._hushed[row] = now + self._hearing.delay(row) + FRAME
        self._hushed = {row: until for row, until in self._hushed.items() if until > now}
        hushed = np.array([row in self._hushed for row in one.rows.tolist()])
        return one._replace(frames=np.where(hushed[:, None], np.int16(0), one.frames))

    def _unoccupied(self, said: Spoken) -> Spoken:
        """Leave out to whom something else is said: a prompt, or digits."""
        free = (~self._streams.occupied[said.rows]).nonzero()[0]
        return said if len(free) == len(said.rows) else said.where(free)

    def _told(self, talks: list[Talk]) -> list[Output]:
        number = self._streams.number
        return [Talking(int(number[talk.row]), talk.is_talking) for talk in talks]
