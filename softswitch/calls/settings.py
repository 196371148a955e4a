"""What an operator can choose about calls."""

from msgspec import Struct


class CallSettings(Struct, frozen=True, gc=False):
    """Limits of calls. Times in seconds."""

    direct: bool = False
    """Let session descriptions pass end to end while no application is needed: media does not
    touch the switch."""

    maximum_calls: int = 2000
    """At a time; one more is refused with 503."""

    maximum_duration: float = 4 * 3600.0
    """From the answer."""

    recordings: str = ""
    """Folder of recorded calls; empty to record none."""

    recording_form: str = ".wav"
    """`.wav`, `.flac` or `.ogg`."""

    dead_media: float = 300.0
    """Without RTP and RTCP from one side, until the call is ended."""

    dead_media_on_hold: float = 1800.0
    latch: bool = True
    """Learn where media really comes from: telephones behind NAT describe addresses that
    nobody can reach."""

    redirections: int = 5
    """How often one ringing telephone can be replaced by another through 3xx."""

    contact_timeout: float = 15.0
    """That telephones ring while the same extension has others of a lower q. No longer than their
    part of the whole time, so that each has its turn."""
