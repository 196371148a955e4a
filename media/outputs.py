"""What the plane asks of the engine around it, besides what the switch shall hear."""

from msgspec import Struct

from media.codecs.g711 import Samples
from media.conferencing import Announce
from media.control import Event, Play
from media.net.batch import Batch


class Send(Struct, frozen=True, gc=False):
    """Send packets, before anything else is asked of the plane: the buffer is used again."""

    batch: Batch


class Load(Struct, frozen=True, gc=False):
    """Read the sources of a Play, then say `loaded` or `failed`."""

    row: int
    play: Play


class LoadAnnouncement(Struct, frozen=True, gc=False):
    """Read the sources of an Announce, then say so to the announcements of the plane's rooms."""

    announce: Announce


class StartFile(Struct, frozen=True, gc=False):
    """Begin the file of a recording. `recording` is a number never used twice."""

    recording: int
    path: str
    channels: int = 1
    rate: int = 8000


class Write(Struct, frozen=True, gc=False):
    """Append samples (n,), of two channels (n, 2), to the file of a recording."""

    recording: int
    samples: Samples


class FinishFile(Struct, frozen=True, gc=False):
    """Complete the file of a recording, then say `file_finished`."""

    recording: int


class Release(Struct, frozen=True, gc=False):
    """The stream on this row is closed: quarantine its port."""

    row: int


class Discard(Struct, frozen=True, gc=False):
    """Nothing was done, for a reason."""

    slug: str


Output = Event | Send | Load | LoadAnnouncement | StartFile | Write | FinishFile | Release | Discard
