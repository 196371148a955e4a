"""python -m tests.fuzz TARGET --seconds N: let atheris look for inputs that break something.

Ends with a status other than 0 when something was found; the input is then in tests/fuzz/found/,
where the tests find it. What was learnt about which inputs lead where is kept for the next run.
"""

import argparse
import sys
from collections.abc import Callable, Iterable
from hashlib import sha256
from pathlib import Path
from random import Random

import atheris

LOOKED_AT = (
    *("media.sdp", "media.rtp", "softswitch.sip", "softswitch.calls", "softswitch.routing"),
    *("softswitch.applications", "softswitch.watch", "softswitch.daemon.switch"),
)
"""Where a new way of an input is worth keeping."""

with atheris.instrument_imports(include=list(LOOKED_AT)):
    from tests.fuzz.mutation import Mutation
    from tests.fuzz.script import Script
    from tests.fuzz.seeds import STORIES, seeds, words
    from tests.fuzz.targets import TARGETS

HERE = Path(__file__).parent
MOST_MEMORY = 1500
"""MiB."""

SLOWEST = 10
"""Seconds that one input may take."""

LONGEST = 4096
"""Bytes of an input."""

BY_BYTES = 0.25
"""Part of the changes to scripts that are made without knowing what they are."""


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
        "-len_control=0",
        f"-artifact_prefix={found}/",
        f"-dict={dictionary}",
        "-print_final_stats=1",
    ]
    arguments = [sys.argv[0], *options, str(corpus)]
    if chosen.target in STORIES:
        mutator = mutator_of(Mutation(list(STORIES[chosen.target]())))
        atheris.Setup(arguments, TARGETS[chosen.target], custom_mutator=mutator)
    else:
        atheris.Setup(arguments, TARGETS[chosen.target])
    atheris.Fuzz()


def mutator_of(mutation: Mutation) -> Callable[[bytes, int, int], bytes]:
    """Return what makes one input of another: by steps mostly, and by bytes now and then."""

    def mutated(data: bytes, most: int, seed: int) -> bytes:
        random = Random(seed)
        if random.random() < BY_BYTES:
            return bytes(atheris.Mutate(data, most))
        changed = mutation.of(Script.read(data), random).to_bytes()
        return changed if len(changed) <= most else bytes(atheris.Mutate(data, most))

    return mutated


def dictionary_of(words: Iterable[bytes]) -> str:
    """Return words as libFuzzer reads them."""
    lines = ("".join(f"\\x{byte:02x}" for byte in word) for word in words if word)
    return "".join(f'"{line}"\n' for line in lines)


if __name__ == "__main__":
    main()
