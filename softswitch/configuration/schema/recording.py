"""Recordings of calls: how they are kept, and for how long."""

from pydantic import Field

from softswitch.configuration.recording_values import Age, RecordingForm, Size
from softswitch.configuration.schema.section import Section


class Recording(Section):
    format: RecordingForm = Field(
        default="wav", description="What the files are in the end: wav, flac or ogg"
    )
    keep: Age | None = Field(
        default=None, description="How long a recording is kept, such as 90d; default: for ever"
    )
    most: Size | None = Field(
        default=None,
        description="What all recordings may take, such as 50 GB, before the oldest go",
    )
    minimum_free: Size = Field(
        default=1_000_000_000,
        description="What recordings leave free of the disk; the oldest go for it",
    )
