"""What a running switch has said, as words for a terminal."""

from rich.markup import escape


def duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}"


def plain(text: str) -> str:
    """Return what a telephone has said as it is safe to print: it is neither markup nor a way to
    steer the terminal."""
    return escape("".join(c if c.isprintable() else "?" for c in text))


def mebibytes(count: int) -> str:
    return f"{count / 2**20:.0f} MiB"
