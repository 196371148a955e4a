"""The ways that speech takes through the engine, and how well it must arrive."""

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import soundfile

from benchmarks.listening.perception import Heard, Sound, compare
from benchmarks.listening.speech import speech
from benchmarks.listening.studio import RATE, Studio, Telephone, Weather
from media.conferencing import Join
from media.control import Bridge, Record, StopRecording
from media.filing import RecordCall, StopRecordingCall

AFTERWARDS: Final = 0.5
"""Seconds in which what is still under way arrives."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """What is well enough: a path that is broken in one way or another is outside."""

    snr_db: float
    """At least."""

    distance_db: float
    """At most, as the following."""

    delay_ms: float
    gaps_ms: float = 0.0
    level_db: float = 0.5
    """Louder or quieter."""

    def complaint(self, heard: Heard) -> str:
        """Return what is not well; empty when all is."""
        said = (
            (heard.snr_db < self.snr_db, f"noise: {heard.snr_db:.1f} dB"),
            (heard.distance_db > self.distance_db, f"timbre: {heard.distance_db:.1f} dB"),
            (heard.delay_ms > self.delay_ms, f"delay: {heard.delay_ms:.0f} ms"),
            (heard.gaps_ms > self.gaps_ms, f"gaps: {heard.gaps_ms:.0f} ms"),
            (abs(heard.level_db) > self.level_db, f"level: {heard.level_db:+.1f} dB"),
        )
        return "; ".join(words for is_so, words in said if is_so)


@dataclass(frozen=True, slots=True)
class Way:
    """Takes speech at 8,000 samples a second, and returns what is heard of it."""

    name: str
    take: Callable[[Sound], Sound]
    bounds: Bounds

    def measure(self, said: Sound) -> tuple[Heard, Sound]:
        heard = self.take(said)
        return compare(said, heard, RATE), heard


def relayed(said: Sound) -> Sound:
    """Two telephones that speak the same law."""
    studio = Studio()
    one, two = studio.telephone(), studio.telephone()
    studio.do(Bridge(one.stream, two.stream))
    return _said(studio, one, two, said)


def converted(said: Sound) -> Sound:
    """One speaks µ-law, the other A-law."""
    studio = Studio()
    one, two = studio.telephone("PCMU"), studio.telephone("PCMA")
    studio.do(Bridge(one.stream, two.stream))
    return _said(studio, one, two, said)


def recorded(said: Sound) -> Sound:
    """What one telephone says into a file, as an answering machine keeps it; the packets come up to
    60 ms late, and not in their order."""
    studio = Studio()
    one = studio.telephone(weather=Weather(jitter=0.06))
    with tempfile.TemporaryDirectory(prefix="softswitch-listening-") as folder:
        path = Path(folder) / "message.wav"
        studio.do(Record(one.stream, str(path), 1, maximum=600.0))
        studio.say(one, said)
        studio.live(len(said) / RATE + AFTERWARDS)
        studio.do(StopRecording(one.stream))
        studio.close()
        samples, _ = soundfile.read(path, dtype="float64", always_2d=True)
    return np.asarray(samples[:, 0])


def transcoded(said: Sound) -> Sound:
    """One speaks G.722, the other µ-law."""
    studio = Studio()
    one, two = studio.telephone("G722"), studio.telephone("PCMU")
    studio.do(Bridge(one.stream, two.stream))
    return _said(studio, one, two, said)


def taped(said: Sound) -> Sound:
    """The caller's channel of a recorded call, whose packets come up to 60 ms late."""
    studio = Studio()
    one, two = studio.telephone(weather=Weather(jitter=0.06)), studio.telephone()
    with tempfile.TemporaryDirectory(prefix="softswitch-listening-") as folder:
        path = Path(folder) / "call.wav"
        studio.do(Bridge(one.stream, two.stream))
        studio.do(RecordCall(one.stream, str(path), 1, maximum=600.0))
        studio.say(one, said)
        studio.live(len(said) / RATE + AFTERWARDS)
        studio.do(StopRecordingCall(one.stream))
        studio.close()
        samples, _ = soundfile.read(path, dtype="float64", always_2d=True)
    return np.asarray(samples[:, 0])


def _conference(said: Sound, weather: Weather) -> Sound:
    studio = Studio()
    one, two, three = studio.telephone(weather=weather), studio.telephone(), studio.telephone()
    studio.do(*(Join(each.stream, 1) for each in (one, two, three)))
    return _said(studio, one, two, said)


def conferred(said: Sound) -> Sound:
    """In a room of three."""
    return _conference(said, Weather())


def jittered(said: Sound) -> Sound:
    """In a room, with packets that come up to 60 ms late, and not in their order."""
    return _conference(said, Weather(jitter=0.06))


def concealed(said: Sound) -> Sound:
    """In a room, with 5 packets of 100 lost."""
    return _conference(said, Weather(loss=0.05))


def _said(studio: Studio, one: Telephone, two: Telephone, said: Sound) -> Sound:
    """Let one telephone say something, and return what the other hears from then on."""
    since = studio.now
    studio.say(one, said)
    studio.live(len(said) / RATE + AFTERWARDS)
    return two.heard(since)


LAW: Final = Bounds(snr_db=33.0, distance_db=1.2, delay_ms=21.0)
"""One law alone leaves about 35 dB."""

WAYS: Final = (
    Way("relay", relayed, LAW),
    Way("A-law and µ-law", converted, Bounds(snr_db=31.0, distance_db=1.5, delay_ms=21.0)),
    Way("recording, 60 ms of jitter", recorded, Bounds(33.0, 1.2, delay_ms=60.0)),
    Way("call recording, 60 ms of jitter", taped, Bounds(33.0, 1.2, delay_ms=90.0)),
    Way("G.722 to µ-law", transcoded, Bounds(25.0, 2.0, delay_ms=30.0)),
    Way("conference", conferred, Bounds(33.0, 1.2, delay_ms=80.0)),
    Way("conference, 60 ms of jitter", jittered, Bounds(20.0, 3.0, delay_ms=180.0, gaps_ms=80.0)),
    Way("conference, 5 % of loss", concealed, Bounds(24.0, 2.5, delay_ms=80.0, gaps_ms=80.0)),
)


def everything() -> dict[str, tuple[Way, Heard, Sound, Sound]]:
    """Return by its name each way, how it was, what was said and what was heard.

    Raises RuntimeError where there is no speech to listen to.
    """
    said = speech(RATE)
    return {way.name: (way, *_measured(way, said)) for way in WAYS}


def _measured(way: Way, said: Sound) -> tuple[Heard, Sound, Sound]:
    how, heard = way.measure(said)
    return how, said, heard
