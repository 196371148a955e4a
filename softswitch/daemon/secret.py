"""A secret that one run of the switch leaves to the next."""

import os
import secrets
from pathlib import Path

LENGTH = 32
"""Bytes."""


def lasting_secret(state: Path) -> bytes:
    """Return the secret of a state directory; make one where there is none.

    A disk that cannot keep it is no reason not to start: then it is good for this run alone.
    """
    path = state / "secret"
    try:
        known = path.read_bytes()
    except OSError:
        known = b""
    if len(known) == LENGTH:
        return known
    made = secrets.token_bytes(LENGTH)
    partial = state / "secret.part"
    try:
        with os.fdopen(
            os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb"
        ) as file:
            file.write(made)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    except OSError:
        partial.unlink(missing_ok=True)
    return made
