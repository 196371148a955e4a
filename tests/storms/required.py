"""The paths that a thousand storms have to take."""

REQUIRED: tuple[str, ...] = ()
