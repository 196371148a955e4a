"""How well the telephones of calls that are on are heard, and hear."""

from msgspec import Struct

from media.control import Silence
from media.measuring import Quality
from softswitch.calls.side import Side


class LegQuality(Struct, frozen=True, gc=False):
    """One leg as of now. None is what is not measured."""

    leg: str
    extension: str
    """Or the number that is shown of a stranger."""

    loss: float | None = None
    """Of what the telephone sends: packets of 100 that were lost of late."""

    jitter_ms: float | None = None
    mos: float | None = None
    round_trip_ms: float | None = None
    told_loss: float | None = None
    """The same of what it is sent, as it reports itself."""

    told_jitter_ms: float | None = None
    told_mos: float | None = None
    trouble: str = ""
    """What is wrong, in words."""


_Measured = tuple[
    float | None,
    float | None,
    float | None,
    float | None,
    float | None,
    float | None,
    float | None,
]
"""Of `LegQuality`, from `loss` on."""

_NOTHING: _Measured = (None, None, None, None, None, None, None)


class LiveQuality:
    """The last that was measured of each stream."""

    __slots__ = ("_of",)

    def __init__(self) -> None:
        self._of: dict[int, _Measured] = {}

    def take(self, event: Quality) -> None:
        columns = zip(
            event.loss,
            event.jitter_ms,
            event.mos,
            event.round_trip_ms,
            event.told_loss,
            event.told_jitter_ms,
            event.told_mos,
            strict=True,
        )
        self._of.update(zip(event.streams, columns, strict=True))

    def forget(self, stream: int) -> None:
        self._of.pop(stream, None)

    def __len__(self) -> int:
        return len(self._of)

    def of(self, side: Side) -> LegQuality:
        measured = self._of.get(side.stream, _NOTHING)
        return LegQuality(side.leg, name_of(side), *measured, side.trouble)


def name_of(side: Side) -> str:
    """Return what people call a side: its extension, or the number that is shown of it."""
    return side.extension or (side.shown.number if side.shown is not None else "") or side.leg


def missed(side: Side, silence: Silence) -> str:
    """Return in words that a side is not heard; nothing where it does not have to be: it is held,
    or has said that it sends nothing while nobody speaks."""
    agreed = side.agreed
    if agreed is None or not agreed.receives or silence.resting:
        return ""
    passed = f"{silence.seconds:.0f} s"
    if not silence.never:
        return f"{name_of(side)} sends no audio any more: nothing arrived for {passed}"
    says = f"says {agreed.address}" if agreed.address else "names no address"
    return f"{name_of(side)} sends no audio: SDP {says}, nothing arrived in {passed}"
