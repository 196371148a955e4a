"""Nothing is imported while an engine is at work: what takes 40 ms once, all its streams hear."""

import subprocess
import sys
from pathlib import Path

SCRIPT = """
import sys
import media.worker  # what a worker has when it starts
from pathlib import Path
before = set(sys.modules)

from tests.unit.media.bench import Bench, Peer, tone  # the rest of this is the tests' own
from media.codecs.table import CODECS, encoder
from media.conferencing import Join
from media.control import Bridge, Close, Play, Record, SendDigits
from media.filing import RecordCall
import numpy as np
ours = set(sys.modules) - before

folder = Path(sys.argv[1])
for codec in CODECS:
    bench = Bench()
    peers = [bench.peer(1, codec, detects=True), bench.peer(2, "PCMA", ptime=30), bench.peer(3)]
    bench.do(Bridge(1, 2), Record(3, str(folder / "one.wav"), 1, 60.0))
    bench.do(RecordCall(1, str(folder / "call.wav"), 2, 60.0))
    say = encoder(codec).encode
    rate = CODECS[codec].rate
    for turn in range(60):
        if turn == 20:
            bench.do(*(Join(stream, 1) for stream in (1, 2, 3)))
        if turn == 30:
            bench.do(Play(3, ("tone:busy/de",), 1), SendDigits(2, "5", tones=True))
        frame = (8000 * np.sin(np.arange(rate // 50) * 0.3)).astype(np.int16)
        for peer in peers:
            packet = peer.packet(say(frame) if peer.codec == codec else b"\\x10" * 160)
            if turn % 7:
                peer.send(packet)
        bench.poll()
        bench.advance(0.02)
    bench.do(Close(1), Close(2), Close(3))
late = sorted(set(sys.modules) - before - ours)
print("\\n".join(late))
"""


def test_nothing_is_imported_on_the_tick(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(tmp_path)],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == []
