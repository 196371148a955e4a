"""Who sent what when, between telephones and the switch: short, and by calls."""

from tests.support.office import SIP_PORT, SWITCH, Office
from tests.support.world import Address

WIDTH = 150
MOST = 120
"""Rungs that are shown: the last ones."""


class Ladder:
    """Stands in the network and notes what is sent, and what of it is lost."""

    def __init__(self, office: Office) -> None:
        self._rungs: list[tuple[float, Address, Address, bytes, bool]] = []
        network = office.network
        carry = network.send

        def send(data: bytes, source: Address, destination: Address) -> None:
            before = network.lost
            carry(data, source, destination)
            is_lost = network.lost > before
            self._rungs.append((network.world.now, source, destination, data, is_lost))

        network.send = send  # type: ignore[method-assign]

    def __len__(self) -> int:
        return len(self._rungs)

    def show(self, about: str) -> str:
        """Return the last rungs, one a line, of the calls whose Call-ID `about` speaks of; of all
        when it speaks of none."""
        calls: dict[str, str] = {}
        lines = []
        all_calls = {_field(rung[3].decode(errors="replace"), "Call-ID") for rung in self._rungs}
        wanted = {
            each for each in all_calls if f"({each}," in about or f" {each} " in about
        } or all_calls
        for now, source, destination, data, is_lost in self._rungs:
            text = data.decode(errors="replace")
            call_id = _field(text, "Call-ID")
            if call_id not in wanted:
                continue
            call = calls.setdefault(call_id, f"c{len(calls) + 1}")
            lines.append(
                f"{now - 1000:8.3f} {_place(source):>5} {'-x' if is_lost else '->'}"
                f" {_place(destination):<5} {call:<4} {_words(text)}"[:WIDTH]
            )
        return "\n".join([*(f"{name} = {each}" for each, name in calls.items()), *lines[-MOST:]])


def _place(address: Address) -> str:
    return "switch" if address == (SWITCH, SIP_PORT) else address[0].rpartition(".")[2]


def _field(text: str, name: str) -> str:
    return text.partition(f"\r\n{name}: ")[2].partition("\r\n")[0]


def _words(text: str) -> str:
    first, _, _ = text.partition("\r\n")
    direction = text.rpartition("\r\na=")[2].strip() if "\r\n\r\nv=0" in text else ""
    extras = [
        f"{short}={value}"
        for name, short in (("RSeq", "rseq"), ("RAck", "rack"), ("Subscription-State", "state"),
                            ("Session-Expires", "se"), ("Reason", "why"))
        if (value := _field(text, name))
    ]  # fmt: skip
    cseq = _field(text, "CSeq")
    said = first.removeprefix("SIP/2.0 ") if first.startswith("SIP/2.0") else first.split(" ")[0]
    tags = f"{_tag(_field(text, 'From'))}>{_tag(_field(text, 'To'))}"
    return " ".join([f"{said} ({cseq})", tags, direction, *extras])


def _tag(value: str) -> str:
    return value.partition(";tag=")[2][-6:] or "-"
