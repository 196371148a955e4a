import numpy as np

from media.net.batch import STRIDE, Batch, Buffer, is_all, is_any


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


def test_what_is_before_the_rows_is_no_part_of_them() -> None:
    buffer = Buffer(3, headroom=80)
    buffer.memory[:] = 0xEE
    buffer.data[1] = np.arange(STRIDE) % 251
    assert bytes(buffer.views[1]) == buffer.data[1].tobytes()
    assert int(buffer.words[1, 1].byteswap()) == 0x04050607
    assert int(buffer.pointer[1] - buffer.pointer[0]) == 80 + STRIDE
    assert (buffer.memory[:, :80] == 0xEE).all()


def test_headers_are_numbers_of_the_first_three_words() -> None:
    buffer = Buffer(2, headroom=80)
    words = [0x80FFFFFF, 0x7FF80000, 0xFFF00001, 0x7FF00000]  # which as floats would be no numbers
    for at, word in enumerate(words):
        buffer.views[1][4 * at : 4 * at + 4] = word.to_bytes(4, "big")
    batch = Batch.of(buffer, [0, 16], [0, 0], [0, 0])
    assert batch.headers().T.tolist() == [[0, 0, 0], words[:3]]


def test_flags_are_all_or_any() -> None:
    none, one, both = np.array([False, False]), np.array([True, False]), np.array([True, True])
    assert [is_all(each) for each in (none, one, both)] == [False, False, True]
    assert [is_any(each) for each in (none, one, both)] == [False, True, True]
