"""What happens to an endpoint, as bytes. Any bytes are a script, so that a fuzzer can write it."""

from typing import NamedTuple, Self

MOST_STEPS = 16
MOST_EDITS = 3

SCRAPS = (
    *(b"", b" ", b"\t", b"\r\n", b"\r\n ", b"\r", b"\n", b"\0", b"\xff", b"\xc3\xa9", b"\r\n\r\n"),
    *(b"<", b">", b'"', b"\\", b";", b",", b":", b"=", b"?", b"@", b"%", b"%00", b"*", b"/", b"()"),
    *(b"0", b"-1", b"255", b"65536", b"2147483648", b"4294967296", b"9" * 39, b"9" * 60),
    *(
        b"sip:",
        b"sips:x",
        b"tel:1",
        b"[::1]",
        b"[::",
        b"SIP/2.0/UDP",
        b";tag=x",
        b";branch=z9hG4bK",
    ),
    *(b"INVITE", b"ACK", b"BYE", b"CANCEL", b"REGISTER", b"SIP/2.0", b"SIP/7.0"),
    *(b"l: 0\r\n", b"Require: x\r\n", b"t: <sip:1@2>;tag=3\r\n", b"Route: <sip:192.0.2.1;lr>\r\n"),
    *(b"\xc2\xb2", b"\xd9\xa3"),  # digits, but none of ASCII; last, for scripts name them by place
)
"""What is put into messages where the script has no words of its own."""


class Edit(NamedTuple):
    """One wound of a message."""

    kind: int
    place: int
    """Of 65,536 in the message, or the number of a line."""

    size: int
    """Bytes that go, or the number of another line."""

    scrap: bytes
    """A single byte stands for one of SCRAPS."""


class Step(NamedTuple):
    """One thing that happens. Every number is taken modulo what there is to choose from."""

    act: int
    who: int
    what: int
    which: int
    edits: tuple[Edit, ...] = ()
    data: bytes = b""


class _Reader:
    """Takes bytes from the front; there are always more, of zeros."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    @property
    def is_at_end(self) -> bool:
        return self._at >= len(self._data)

    def take(self, count: int) -> bytes:
        taken = self._data[self._at : self._at + count]
        self._at += count
        return taken

    def number(self, width: int = 1) -> int:
        return int.from_bytes(self.take(width).ljust(width, b"\0"), "big")

    def edit(self) -> Edit:
        return Edit(self.number(), self.number(2), self.number(), self.take(self.number()))

    def step(self) -> Step:
        act, who, what, which = (self.number() for _ in range(4))
        edits = tuple(self.edit() for _ in range(self.number() % (MOST_EDITS + 1)))
        return Step(act, who, what, which, edits, self.take(self.number(2)))


class Script(NamedTuple):
    steps: tuple[Step, ...]

    @classmethod
    def read(cls, data: bytes) -> Self:
        reader = _Reader(data)
        steps: list[Step] = []
        while not reader.is_at_end and len(steps) < MOST_STEPS:
            steps.append(reader.step())
        return cls(tuple(steps))

    def to_bytes(self) -> bytes:
        """Return what is read as the same again."""
        return b"".join(_written(step) for step in self.steps)


def _written(step: Step) -> bytes:
    edits = b"".join(
        bytes((edit.kind,))
        + edit.place.to_bytes(2, "big")
        + bytes((edit.size, len(edit.scrap)))
        + edit.scrap
        for edit in step.edits
    )
    head = bytes((step.act, step.who, step.what, step.which, len(step.edits)))
    return head + edits + len(step.data).to_bytes(2, "big") + step.data
