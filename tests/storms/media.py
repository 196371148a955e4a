"""An engine without media that remembers where streams send, and who hears whom."""

from media.control import Bridge, Close, Command, Direct, Unbridge
from tests.support.quiet import QuietEngine


class NotingEngine(QuietEngine):
    """What a media engine would do at this moment."""

    def __init__(self) -> None:
        super().__init__()
        self.directed: dict[int, Direct] = {}
        self.bridged: dict[int, int] = {}

    def submit(self, command: Command) -> None:
        super().submit(command)
        match command:
            case Direct(stream=stream):
                self.directed[stream] = command
            case Bridge(stream=stream, other=other):
                self._part(stream)
                self._part(other)
                self.bridged[stream], self.bridged[other] = other, stream
            case Unbridge(stream=stream):
                self._part(stream)
            case Close(stream=stream):
                self._part(stream)
                self.directed.pop(stream, None)
            case _:
                pass

    def at(self, address: tuple[str, int]) -> Direct | None:
        """Return the stream that sends to an address."""
        for direct in self.directed.values():
            if (direct.address, direct.port) == address:
                return direct
        return None

    def _part(self, stream: int) -> None:
        other = self.bridged.pop(stream, None)
        if other is not None:
            self.bridged.pop(other, None)
