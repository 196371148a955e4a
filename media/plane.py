"""The heart of the engine: what happens to packets, without a network, a clock or a file.

Inputs are commands, batches of packets and what became of outputs; everything is answered by
outputs. What packets lead to is told in `intake`.
"""

from collections.abc import Callable
from typing import Final

from msgspec.structs import replace

from media.control import (
    Bridge,
    Carry,
    Close,
    Closed,
    Command,
    Direct,
    Lease,
    Open,
    Ping,
    Play,
    Played,
    Record,
    SendDigits,
    Stop,
    StopRecording,
    Unbridge,
)
from media.deck import Deck
from media.encryption import Encryption
from media.filing import (
    HandRecording,
    Pause,
    RecordCall,
    Resume,
    Seek,
    StopRecordingCall,
)
from media.handing import HandOff, Regain, TakeOver
from media.hearing import USUAL_DELAY, Hearing
from media.intake import Intake
from media.latch import Latch
from media.ledger import Ledger
from media.measuring import Measure, Statistics
from media.moving import Mover
from media.net.address import AddressBook
from media.net.batch import Batch
from media.outputs import Discard, Load, Output, Release, Send
from media.quality import QualityWatch
from media.recordings import Recordings
from media.relay import Relay
from media.reports import Reports
from media.rooms import MemberCommand, RoomCommand, Rooms
from media.rtp.statistics import Reception
from media.silence import SilenceWatch
from media.streams import LAWS, Streams
from media.timeline import CLOCK_RATE, Timeline
from media.voices import Frames, Voices

TICK: Final = 0.02
"""Seconds between two frames that we make."""

CATCH_UP: Final = 0.2
"""Seconds of frames that are made at once after a delay; what is older is left out."""

_NO_TIME: Final = float("inf")


class Plane:
    """All streams of an engine.

    rows    how many streams there can be
    random  returns 32 bits that nobody can guess
    epoch   Unix time when the monotonic clock was 0
    cname   our canonical name in RTCP
    delay   seconds of jitter that are evened out, at least and at most
    """

    def __init__(
        self,
        rows: int,
        book: AddressBook,
        random: Callable[[], int],
        epoch: float = 0.0,
        cname: str = "softswitch",
        delay: tuple[float, float] = USUAL_DELAY,
    ) -> None:
        self._random = random
        self._streams = Streams(rows)
        self._latch = Latch(self._streams, book)
        self._encryption = Encryption(self._streams)
        self._timeline = Timeline(self._streams)
        self._voices = Voices(self._streams, self._timeline)
        self._ledger = Ledger()
        self._recordings = Recordings(self._streams, self._ledger)
        self._deck = Deck(self._streams, self._ledger)
        self._reception = Reception(rows + 1)
        self._quality = QualityWatch(self._streams, self._reception)
        self._reports = Reports(self._streams, self._reception, self._quality, epoch, cname)
        self._silence = SilenceWatch(self._streams)
        self._mover = Mover(
            self._streams,
            self._latch,
            book,
            self._reception,
            self._reports,
            self._silence,
            self._quality,
        )
        self._hearing = Hearing(self._streams, delay)
        self.rooms = Rooms(self._streams, self._timeline, self._hearing, self._ledger)
        self._intake = Intake(
            self._streams,
            self._latch,
            Relay(self._streams, self._timeline),
            self._recordings,
            self._deck,
            self._reception,
            self._reports,
            self._silence,
            self._hearing,
            self._encryption,
            self._quality,
        )
        self._next_tick = _NO_TIME
        self._closing: dict[int, Closed] = {}  # streams whose recordings are being completed

    @property
    def deadline(self) -> float | None:
        """When `expire` is to be called next."""
        earliest = min(
            self._next_tick,
            self._silence.deadline,
            self._reports.deadline,
            self._recordings.deadline,
            self._intake.deadline,
            self._deck.deadline,
            self._quality.deadline,
        )
        return None if earliest == _NO_TIME else earliest

    def has(self, number: int) -> bool:
        """Return whether a stream of this number is open."""
        return number in self._streams.row_of

    def open(self, number: int, row: int, now: float) -> list[Output]:
        """Put a stream on a row that is free."""
        random = self._random
        self._streams.open(number, row, random(), random() & 0xFFFF, random())
        self._reception.reset(row)
        self._quality.open(row, now)
        return []

    def command(self, command: Command, now: float) -> list[Output]:
        """Carry out any command but those about ports, and the engine as a whole."""
        if isinstance(command, Lease | Open | HandOff | TakeOver | Regain | Ping):
            return [Discard("not-for-the-plane")]
        if isinstance(command, Measure):
            self._quality.measure(command.interval, now)
            return []
        if isinstance(command, RoomCommand):
            return self.rooms.command(command)
        row = self._streams.row_of.get(command.stream)
        if row is None:
            return [Discard("unknown-stream")]
        if isinstance(command, MemberCommand):
            outputs = self.rooms.member(command, row)
        else:
            outputs = self._carry_out(command, row, now)
        self._keep_ticking(now)
        return outputs

    def _carry_out(self, command: Command, row: int, now: float) -> list[Output]:
        match command:
            case Direct() | Carry():
                return self._direct(command, row, now)
            case Bridge():
                return self._bridge(row, command.other)
            case Unbridge():
                self._streams.part(row)
            case Play() | Stop() | Pause() | Resume() | Seek():
                return self._play(command, row, now)
            case Record() | StopRecording():
                return self._record_peer(command, row, now)
            case RecordCall() | StopRecordingCall() | HandRecording():
                return self._deck.command(command, row, now)
            case SendDigits():
                if not self._voices.press(row, command):
                    return [Discard("digits-not-sent")]
            case Close():
                return self._close(command.stream, row, now)
        return []

    def _play(
        self, command: Play | Stop | Pause | Resume | Seek, row: int, now: float
    ) -> list[Output]:
        match command:
            case Play():
                ended = self._over(self._voices.play(row, command.token), now)
                return [*ended, Load(row, command)]
            case Stop():
                return self._over(self._voices.stop(row), now)
            case Pause() | Resume():
                self._voices.pause(row, is_paused=isinstance(command, Pause))
            case Seek(seconds=seconds, from_here=from_here):
                self._voices.seek(row, seconds, from_here=from_here)
        return []

    def _record_peer(self, command: Record | StopRecording, row: int, now: float) -> list[Output]:
        match command:
            case Record(after=token):
                if token and self._voices.plays(row, token):
                    return self._recordings.wait(row, command, now)
                return self._recordings.start(row, command, now)
            case StopRecording():
                begun = self._recordings.wait_no_longer(row, now)
                return [*begun, *self._recordings.stop(row, "stopped")]

    def protect(self, batch: Batch) -> list[Batch]:
        """Return what goes over the network in place of `batch`: the last step of a Send."""
        return self._encryption.protect(batch) if self._encryption.active else [batch]

    def released(self, row: int) -> None:
        """Learn that a closed stream has sent its last packet."""
        self._encryption.forget(row)

    def loaded(self, row: int, token: int, frames: Frames, now: float) -> list[Output]:
        """Take what Load asked for."""
        self._voices.loaded(row, token, frames)
        self._keep_ticking(now)
        return []

    def _keep_ticking(self, now: float) -> None:
        """See that the next tick comes, if anything is to be heard or said."""
        if self._next_tick == _NO_TIME and self._is_busy:
            self._next_tick = now

    @property
    def _is_busy(self) -> bool:
        return self._voices.active or self._hearing.active or self.rooms.active

    def failed(self, row: int, token: int, reason: str, now: float) -> list[Output]:
        """Learn that what Load asked for cannot be had."""
        return self._over(self._voices.failed(row, token, reason), now)

    def file_broken(self, recording: int) -> list[Output]:
        """Learn that the file of a recording takes no more."""
        takers = self._recordings, self._deck, self.rooms.minutes
        return [output for each in takers for output in each.broken(recording)]

    def file_finished(self, recording: int, path: str, seconds: float, error: str) -> list[Output]:
        """Learn that the file of a recording is in place, or with `error` why not."""
        recorded = self._ledger.finished(recording, path, seconds, error)
        if recorded is None:
            of_room = self.rooms.minutes.finished(recording, path, seconds, error)
            return [of_room or Discard("unknown-recording")]
        closed = self._closing.get(recorded.stream)
        if closed is None or self._ledger.unfinished(recorded.stream):
            return [recorded]
        del self._closing[recorded.stream]
        return [recorded, closed]

    def hand_off(self, number: int, now: float) -> tuple[list[Output], int, bytes] | None:
        """Give a stream away: return what comes of that, its row, and what another engine needs
        to go on with it. None when there is no such stream."""
        row = self._streams.row_of.get(number)
        if row is None:
            return None
        outputs = self._over(self._voices.close(row), now)
        outputs += self._recordings.stop(row, "closed")
        outputs += self._deck.stop(row, "closed")
        if self._encryption.secures(row):
            # Its counters cannot move: it says and hears nothing until it is directed anew.
            streams = self._streams
            streams.directed[row] = streams.sends[row] = streams.receives[row] = False
        state = self._mover.take(row, self._intake.receiver(row))
        self._reports.leave(row)
        outputs += self._leave(row)
        self._encryption.forget(row)
        return outputs, row, state

    def take_over(self, number: int, row: int, state: bytes) -> None:
        """Go on with a stream of another engine on a row that is free. Raises ValueError for a
        state that `hand_off` has not made."""
        self._intake.resume(row, self._mover.put(number, row, state))

    def finish(self) -> list[Output]:
        """End all recordings: the engine is about to stop."""
        takers = self._recordings, self._deck, self.rooms.minutes
        return [output for each in takers for output in each.stop_all("closed")]

    def expire(self, now: float) -> list[Output]:
        outputs: list[Output] = []
        if self._next_tick <= now:
            outputs += self._tick(now)
        if self._recordings.deadline <= now:
            outputs += self._recordings.expire(now)
        if self._intake.deadline <= now:
            outputs += self._intake.expire(now)
        if self._deck.deadline <= now:
            outputs += self._deck.expire(now)
        if self._reports.deadline <= now:
            batch = self._reports.expire(now)
            outputs += [] if batch is None else [Send(batch)]
        if self._silence.deadline <= now:
            outputs += self._silence.expire(now)
        if self._quality.deadline <= now:
            outputs += self._quality.expire(now)
        return outputs

    def receive(self, batch: Batch, now: float) -> list[Output]:
        """Take packets that arrived together."""
        return self._intake.receive(batch, now)

    def _tick(self, now: float) -> list[Output]:
        due = self._next_tick
        outputs: list[Output] = []
        if self._hearing.active or self.rooms.active:
            outputs += self.rooms.tick(self._hearing.tick(), due)
        batch, ended = self._voices.tick(due)
        self._next_tick += TICK
        if not self._is_busy:
            self._next_tick = _NO_TIME
        elif self._next_tick < now - CATCH_UP:
            self._next_tick = now
        outputs += self._over(ended, now)
        return outputs if batch is None else [*outputs, Send(batch)]

    def _over(self, ended: list[Played], now: float) -> list[Output]:
        """Tell that Plays are over, and begin the recordings that have waited for that."""
        outputs: list[Output] = [*ended]
        for played in ended:
            row = self._streams.row_of[played.stream]
            outputs += self._recordings.played(row, played.token, now)
        return outputs

    def _direct(self, direct: Direct | Carry, row: int, now: float) -> list[Output]:
        if isinstance(direct, Carry):
            self._latch.direct(row, direct)
            self._streams.carry(row, direct)
            self._intake.directed(row)
            self._silence.forget(row)  # pages take as long as they like
            return []
        if direct.codec not in LAWS:
            return [Discard("unknown-codec")]
        try:
            self._encryption.direct(row, direct.keys)
        except ValueError:
            return [Discard("unknown-keys")]
        self._latch.direct(row, direct)
        event_clock_rate = int(self._streams.event_clock_rate[row])
        self._streams.speak(row, direct)
        if event_clock_rate != self._streams.event_clock_rate[row]:
            self._intake.forget(row)
        self._reception.scale[row] = self._streams.clock_rate[row] // CLOCK_RATE
        self._hearing.changed(row)
        self._intake.directed(row)
        self._quality.direct(row, direct)
        self._reports.begin(row, now, extended=direct.extended_reports)
        if not direct.early:
            self._silence.answered(row, now)
        return []

    def _bridge(self, row: int, other: int) -> list[Output]:
        other_row = self._streams.row_of.get(other)
        if other_row is None:
            return [Discard("unknown-stream")]
        outputs = [*self.rooms.leave(row), *self.rooms.leave(other_row)]
        self._streams.bridge(row, other_row)
        return outputs

    def _close(self, number: int, row: int, now: float) -> list[Output]:
        outputs = self._over(self._voices.close(row), now)
        outputs += self._recordings.stop(row, "closed")
        outputs += self._deck.stop(row, "closed")
        goodbye = self._reports.close(row, now)
        outputs += [] if goodbye is None else [Send(goodbye)]
        closed = Closed(number, self._statistics(row))
        outputs += self._leave(row)
        outputs.append(Release(row))
        if self._ledger.unfinished(number):
            self._closing[number] = closed
        else:
            outputs.append(closed)
        return outputs

    def _leave(self, row: int) -> list[Output]:
        """Let go of a row whose stream is no longer here."""
        self._silence.forget(row)
        self._intake.forget(row)
        outputs = self.rooms.leave(row)
        self._hearing.close(row)
        self._streams.close(row)
        return outputs

    def _statistics(self, row: int) -> Statistics:
        too_late, concealed = self._hearing.counts(row)
        counted = self._quality.statistics(row, int(self._encryption.unauthentic[row]))
        return replace(counted, too_late=too_late, concealed=concealed)
