"""python -m tests.fuzz TARGET --seconds N: let atheris look for inputs that break something.

Ends with a status other than 0 when something was found; the input is then in tests/fuzz/found/,
where the tests find it. What was learnt about which inputs lead where is kept for the next run.
"""

import argparse
import sys
from collections.abc import Iterable
from hashlib import sha256
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["softswitch.sip", "media.sdp", "media.rtp"]):
    from tests.fuzz.seeds import seeds, words
    from tests.fuzz.targets import TARGETS

HERE = Path(__file__).parent
MOST_MEMORY = 1500
"""MiB."""

SLOWEST = 10
"""Seconds that one input may take."""

LONGEST = 4096
"""Bytes of an input."""


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("target", choices=TARGETS)
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--corpus", type=Path, default=HERE / "corpus")
    parser.add_argument("--found", type=Path, default=HERE / "found")
    chosen = parser.parse_args()
    corpus, found = chosen.corpus / chosen.target, chosen.found / chosen.target
    for folder in (corpus, found):
        folder.mkdir(parents=True, exist_ok=True)
    for seed in seeds(chosen.target):
        (corpus / sha256(seed).hexdigest()[:40]).write_bytes(seed)
    dictionary = chosen.corpus / f"{chosen.target}.dict"
    dictionary.write_text(dictionary_of(words(chosen.target)))
    options = [
        f"-max_total_time={chosen.seconds}",
        f"-rss_limit_mb={MOST_MEMORY}",
        f"-timeout={SLOWEST}",
        f"-max_len={LONGEST}",
        f"-artifact_prefix={found}/",
        f"-dict={dictionary}",
        "-print_final_stats=1",
    ]
    atheris.Setup([sys.argv[0], *options, str(corpus)], TARGETS[chosen.target])
    atheris.Fuzz()


def dictionary_of(words: Iterable[bytes]) -> str:
    """Return words as libFuzzer reads them."""
    lines = ("".join(f"\\x{byte:02x}" for byte in word) for word in words if word)
    return "".join(f'"{line}"\n' for line in lines)


if __name__ == "__main__":
    main()
