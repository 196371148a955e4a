"""Log lines: structured, to standard error, written by a thread of their own.

Every line about a call carries its id, on either leg. A reader that does not read, such as a
full pipe, costs lines and never a call.
"""

import sys
import threading
from collections import deque
from collections.abc import Callable, Mapping, MutableMapping
from datetime import UTC, datetime
from typing import IO, Any, TypeAlias

import msgspec
import structlog

from softswitch.calls.facts import LegJoined, LegLeft, Logged, StepEntered
from softswitch.calls.record import Record
from softswitch.sip.outputs import CallPassedOn

LEVELS: Mapping[str, int] = {"debug": 10, "info": 20, "warning": 30, "error": 40}
CAPACITY = 20_000
"""Lines that wait to be written."""

GAP = 0.05
"""Seconds in which lines gather before they are written together."""

IDLE = 60.0
"""Seconds that the thread sleeps at most when there is nothing to write."""

TRACEBACK = "traceback"
"""The one field that has lines."""

EventDict: TypeAlias = MutableMapping[str, Any]
Log: TypeAlias = structlog.typing.FilteringBoundLogger


class LineWriter:
    """A thread that writes lines to a stream."""

    def __init__(self, stream: IO[str]) -> None:
        self._stream = stream
        self._lines: deque[str] = deque()
        self._dropped = 0
        self._wake = threading.Event()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="logs", daemon=True)
        self._thread.start()

    def put(self, line: str) -> None:
        if len(self._lines) >= CAPACITY:
            self._dropped += 1
            return
        self._lines.append(line)
        if not self._wake.is_set():
            self._wake.set()

    def close(self, timeout: float = 2.0) -> None:
        """Write what is left, unless nobody reads."""
        self._stopping.set()
        self._wake.set()
        self._thread.join(timeout)

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._wake.wait(IDLE)
            self._stopping.wait(GAP)
            self._wake.clear()
            self._write()
        self._write()

    def _write(self) -> None:
        lines = [self._lines.popleft() for _ in range(len(self._lines))]
        if self._dropped:
            lines.append(f"log lines dropped: {self._dropped}")
            self._dropped = 0
        try:
            self._stream.write("".join(f"{line}\n" for line in lines))
            self._stream.flush()
        except OSError:
            self._dropped += len(lines)  # the reader has gone; the next lines may find another


def start_logs(
    level: str, *, as_json: bool, stream: IO[str] = sys.stderr
) -> tuple[Log, LineWriter]:
    """Return the log of a process and the writer that its lines go through."""
    writer = LineWriter(stream)
    render: Callable[[Any, str, EventDict], str] = (
        _json if as_json else structlog.dev.ConsoleRenderer(colors=stream.isatty(), pad_event_to=20)
    )
    log: Log = structlog.wrap_logger(
        _Lines(writer.put),
        processors=[_stamp, render] if as_json else [_clock, _plain, render],
        wrapper_class=structlog.make_filtering_bound_logger(LEVELS[level]),
    ).bind()
    return log, writer


class CallLog:
    """Turns what calls do into lines: one for each call at its end, at level info, and one for
    each entry of its event log at level debug."""

    def __init__(self, log: Log, level: str) -> None:
        self._log = log
        self._tells_calls = LEVELS[level] <= LEVELS["info"]
        self.tells_entries = LEVELS[level] <= LEVELS["debug"]
        """Whether `entry` does anything."""

    def closed(self, record: Record) -> None:
        if not self._tells_calls:
            return
        self._log.info(
            "call",
            call=record.call,
            caller=record.caller,
            dialled=record.dialled,
            answered_by=record.answered_by,
            disposition=record.disposition,
            cause=record.cause,
            reason=record.reason,
            seconds=round(record.end - record.start, 3),
        )

    def passed_on(self, call: CallPassedOn) -> None:
        """Say what was seen of a call between two phones, of which there is no record."""
        self._log.info(
            "call-passed-on",
            call=call.call_id,
            caller=call.caller,
            dialled=call.callee,
            status=call.status,
            rang=round(call.rang, 3),
            seconds=round(call.talked, 3),
            lost=call.is_lost,
        )

    def entry(self, logged: Logged) -> None:
        if not self.tells_entries:
            return
        fact = logged.fact
        fields = msgspec.structs.asdict(fact)
        if isinstance(fact, StepEntered):
            fields["because"] = [f"{why.rule}: {why.verdict}" for why in fact.because]
        elif isinstance(fact, LegJoined | LegLeft):
            fields["other_call"] = fields.pop("call")
        self._log.debug(type(fact).__name__, call=logged.call, **fields)


class _Lines:
    """What structlog calls at the end of its processors."""

    __slots__ = ("critical", "debug", "error", "info", "msg", "warning")

    def __init__(self, put: Callable[[str], None]) -> None:
        self.msg = self.debug = self.info = self.warning = self.error = self.critical = put


def _stamp(_: Any, level: str, event: EventDict) -> EventDict:
    event["level"] = level
    event["timestamp"] = datetime.now(UTC)
    return event


def _clock(_: Any, level: str, event: EventDict) -> EventDict:
    event["level"] = level
    event["timestamp"] = f"{datetime.now(UTC):%H:%M:%S.%f}"[:-3]
    return event


def _plain(_: Any, __: str, event: EventDict) -> EventDict:
    """What a telephone has said must not steer the terminal of who reads it."""
    for key, value in event.items():
        if isinstance(value, str) and not value.isprintable():
            kept = "\n" if key == TRACEBACK else ""
            event[key] = "".join(c if c.isprintable() or c in kept else "?" for c in value)
    return event


def _json(_: Any, __: str, event: EventDict) -> str:
    try:
        return msgspec.json.encode(event, enc_hook=str).decode()
    except UnicodeEncodeError:  # a phone may put any bytes into a name
        return msgspec.json.encode(
            {key: str(value).encode("utf-8", "replace").decode() for key, value in event.items()}
        ).decode()
