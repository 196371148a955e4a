import numpy as np

from media.net.batch import STRIDE, Batch, Buffer


def test_rows_are_seen_as_bytes_and_as_words() -> None:
    buffer = Buffer(2)
    buffer.views[1][:4] = b"\x01\x02\x03\x04"
    assert buffer.data[1, :4].tolist() == [1, 2, 3, 4]
    assert int(buffer.words[1, 0].byteswap()) == 0x01020304
    assert len(buffer.views[1]) == STRIDE


def test_a_part_of_a_batch_keeps_its_packets() -> None:
    buffer = Buffer(3)
    for slot, data in enumerate((b"a", b"bb", b"ccc")):
        buffer.views[slot][: len(data)] = data
    batch = Batch.of(buffer, [1, 2, 3], [0, 2, 4], [7, 8, 9])
    part = batch.where(np.array([2, 0]))
    assert part.packets() == [b"ccc", b"a"]
    assert part.channel.tolist() == [4, 0]
    assert part.peer.tolist() == [9, 7]
    assert len(part) == 2
