"""A call's record as a line of the CSV file that reporting tools read.

The first eighteen columns are those of Asterisk's `cdr_csv`, in its order; ours follow.
"""

from datetime import UTC, datetime, tzinfo
from functools import lru_cache

from softswitch.calls.record import Record

COLUMNS = (
    "accountcode", "src", "dst", "dcontext", "clid", "channel", "dstchannel", "lastapp",
    "lastdata", "start", "answer", "end", "duration", "billsec", "disposition", "amaflags",
    "uniqueid", "userfield",
    "call_id", "direction", "did", "route", "queue", "wait", "pdd_ms", "mos_in", "mos_out",
    "end_stage", "cause", "recording",
)  # fmt: skip

_APPLICATIONS = {
    "ring": "Dial",
    "menu": "Menu",
    "voicemail": "VoiceMail",
    "echo": "Echo",
    "hang up": "Hangup",
}


def csv_row(record: Record, zone: tzinfo | None = UTC) -> tuple[str, ...]:
    """Return the columns of `record`, times as wall clock in `zone`; None for the system's own."""
    last = record.steps[-1] if record.steps else None
    channel = f"SIP/{record.extension or record.caller}-{record.call}"
    destination = next((leg for leg in record.legs[1:] if leg.outcome == "answered"), None)
    if destination is None and len(record.legs) > 1:
        destination = record.legs[-1]
    alerted = record.ringing or record.answer
    media = record.legs[0].media if record.legs else None
    return (
        record.extension,
        _inert(record.caller),
        _inert(record.dialled),
        "internal",
        _clid(record),
        channel,
        f"SIP/{destination.extension}-{destination.leg}" if destination else "",
        _APPLICATIONS.get(last.step, "") if last else "",
        last.name if last else "",
        _clock(record.start, zone),
        _clock(record.answer, zone),
        _clock(record.end, zone),
        str(_seconds(record.start, record.end)),
        str(_seconds(record.answer, record.end)),
        record.disposition,
        "DOCUMENTATION",
        f"{record.start:.3f}-{record.call}",
        "",
        record.call,
        "internal",
        "",
        " > ".join(f"{step.step} {step.name}".rstrip() for step in record.steps),
        "",
        str(_seconds(record.start, record.answer)),
        "" if alerted is None else str(round((alerted - record.start) * 1000)),
        _score(None if media is None else media.mos),
        _score(None if media is None else media.told_mos),
        record.stage,
        f"{record.cause} {record.reason}".rstrip(),
        " ".join(record.recordings),
    )


def _clid(record: Record) -> str:
    """Return name and number as Asterisk writes them; a quote in a name would end it early."""
    name = record.caller_name.replace('"', "'")
    return f'"{name}" <{record.caller}>' if name else f"<{record.caller}>"


def _inert(text: str) -> str:
    """Return what a telephone has said so that no spreadsheet takes it for a formula. A number in
    the international form stays as it is."""
    begins_formula = text.startswith(("=", "+", "-", "@", "\t", "\r"))
    is_number = text.startswith("+") and text[1:].isdecimal()
    return f"'{text}" if begins_formula and not is_number else text


def _score(mos: float | None) -> str:
    return "" if mos is None else f"{mos:.2f}"


def _clock(at: float | None, zone: tzinfo | None) -> str:
    return "" if at is None else _second(int(at), zone)


@lru_cache(maxsize=256)
def _second(at: int, zone: tzinfo | None) -> str:
    return datetime.fromtimestamp(at, UTC).astimezone(zone).strftime("%Y-%m-%d %H:%M:%S")


def _seconds(start: float | None, end: float | None) -> int:
    if start is None or end is None:
        return 0
    return max(0, round(end - start))
