"""Rooms: each member hears all others, and not itself."""

from media.mix.limit import limited
from media.mix.mixer import Mixed, Mixer
from media.mix.talk import Talk

__all__ = ["Mixed", "Mixer", "Talk", "limited"]
