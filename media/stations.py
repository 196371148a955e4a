"""In which order and from where a Play begins: shuffled, shared by all, or from the start."""

from collections.abc import Callable, Sequence
from typing import Final

from media.codecs.g711 import Samples
from media.control import Play
from media.player import Playlist

MOST: Final = 1000
"""Orders that are remembered."""


class Stations:
    """Makes playlists. Shared ones are like radio stations, which play whether anybody listens or
    not: where one is follows from the clock, so all who listen hear the same.

    random  returns 32 bits
    """

    def __init__(self, random: Callable[[], int]) -> None:
        self._random = random
        self._orders: dict[tuple[tuple[str, ...], int], list[int]] = {}

    def playlist(self, play: Play, sounds: Sequence[Samples], now: float) -> Playlist:
        """Return what `play` plays, whose sources are `sounds`."""
        if play.shuffle:
            order = self._shared_order(play, len(sounds)) if play.shared else self._draw(sounds)
            sounds = [sounds[index] for index in order]
        playlist = Playlist(sounds, repeat=play.repeat or play.shared)
        if play.shared or play.position:
            playlist.seek(play.position + (now if play.shared else 0.0))
        return playlist

    def _shared_order(self, play: Play, count: int) -> list[int]:
        key = play.sources, count
        if key not in self._orders:
            if len(self._orders) >= MOST:
                del self._orders[next(iter(self._orders))]
            self._orders[key] = self._draw(range(count))
        return self._orders[key]

    def _draw(self, things: Sequence[object]) -> list[int]:
        """Return the places of `things` in an order in which each is equally likely (Fisher and
        Yates)."""
        order = list(range(len(things)))
        for last in range(len(order) - 1, 0, -1):
            other = self._random() % (last + 1)
            order[last], order[other] = order[other], order[last]
        return order
