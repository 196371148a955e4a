"""`python -m media.examine FILE...`: which audio files cannot be played, and why.

A program of its own, so that who only wants to know that does not load what plays them.
"""

import sys

import msgspec

from media.sounds import SoundError, read


def main(paths: list[str]) -> int:
    """Print a JSON object of reasons by path; return 1 when there is one."""
    reasons: dict[str, str] = {}
    for path in paths:
        try:
            read(path)
        except SoundError as error:
            reasons[path] = str(error).removeprefix(f"{path}: ")
        except MemoryError:
            reasons[path] = "not enough memory"
    sys.stdout.write(msgspec.json.encode(reasons).decode() + "\n")
    return 1 if reasons else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
