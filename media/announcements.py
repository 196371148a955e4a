"""What is announced in rooms: a playlist that all who are in a room hear at once."""

from media.codecs.g711 import Samples
from media.conferencing import Announce, Announced
from media.outputs import LoadAnnouncement, Output
from media.voices import Frames


class _Announcement:
    """One that is not over. `frames` is None until its sources have been read."""

    __slots__ = ("frames", "order")

    def __init__(self, order: Announce) -> None:
        self.order = order
        self.frames: Frames | None = None


class Announcements:
    """At most one for each room."""

    def __init__(self) -> None:
        self._by_room: dict[int, _Announcement] = {}

    def begin(self, order: Announce) -> list[Output]:
        """Begin one whose sources are to be read. Ends the one before."""
        ended = self.end(order.room, "replaced")
        self._by_room[order.room] = _Announcement(order)
        return [*ended, LoadAnnouncement(order)]

    def loaded(self, order: Announce, frames: Frames) -> list[Output]:
        """Take what LoadAnnouncement asked for, if the announcement is not over already."""
        announcement = self._by_room.get(order.room)
        if announcement is not None and announcement.order is order:
            announcement.frames = frames
        return []

    def failed(self, order: Announce, reason: str) -> list[Output]:
        """Learn that what LoadAnnouncement asked for cannot be had."""
        announcement = self._by_room.get(order.room)
        if announcement is None or announcement.order is not order:
            return []
        return self.end(order.room, f"failed: {reason}")

    def end(self, room: int, reason: str) -> list[Output]:
        """End what is announced in a room, if something is."""
        announcement = self._by_room.pop(room, None)
        if announcement is None:
            return []
        return [Announced(room, announcement.order.token, reason)]

    def tick(self) -> tuple[dict[int, Samples], list[Output]]:
        """Return the next 20 ms of each, by room, and those that were over before them."""
        frames: dict[int, Samples] = {}
        ended: list[Output] = []
        for room, announcement in list(self._by_room.items()):
            if announcement.frames is None:
                continue
            frame = announcement.frames.next_frame()
            if frame is None:
                ended += self.end(room, "end")
            else:
                frames[room] = frame
        return frames, ended
