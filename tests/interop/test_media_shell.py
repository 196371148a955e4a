"""An engine driven from a prompt, as media/README.md shows it."""

import socket

import numpy as np
import pytest

from media.codecs.g711 import decode, encode
from media.conferencing import Join, Talking
from media.control import Close, Closed, Direct, Open, Play, Played
from media.rtp.header import RtpPacket
from media.shell import Shell
from tests.support.ports import free_port

pytestmark = pytest.mark.interop

FRAMES = 20


def test_a_conference_from_a_prompt() -> None:
    first = free_port(8)
    phones = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(2)]
    with Shell(first, first + 7) as engine:
        ports = engine.ports(2)
        for stream, (phone, port) in enumerate(zip(phones, ports, strict=True), 1):
            phone.bind(("127.0.0.1", 0))
            phone.settimeout(5.0)
            engine.do(
                Open(stream, port),
                Direct(stream, "127.0.0.1", phone.getsockname()[1], "PCMU", 0, 0),
                Join(stream, room=1),
            )
        engine.ports(1)  # all before it has been done
        tone = 8000 * np.sin(2 * np.pi * 500 * np.arange(160 * FRAMES) / 8000)
        for k, frame in enumerate(tone.astype(np.int16).reshape(-1, 160)):
            packet = RtpPacket(0, k, 160 * k, 1, encode(frame, "PCMU").tobytes())
            phones[0].sendto(bytes(packet), ("127.0.0.1", ports[0]))
        events = engine.events(1.0)
        assert Talking(1, is_talking=True) in events
        payloads: list[bytes] = []
        while len(payloads) < 20:
            heard = RtpPacket.parse(phones[1].recv(2000))
            assert heard is not None
            payloads.append(heard.payload)
        sound = decode(np.frombuffer(b"".join(payloads), np.uint8), "PCMU")
        spectrum = np.abs(np.fft.rfft(sound * np.hanning(len(sound))))
        assert np.argmax(spectrum) * 8000 / len(sound) == pytest.approx(500, abs=5)
        engine.do(Play(1, ("tone:beep",), token=7))
        assert any(isinstance(event, Played) for event in engine.events(2.0))
        engine.do(Close(1))
        assert any(isinstance(event, Closed) for event in engine.events(1.0))
    for phone in phones:
        phone.close()


def test_what_cannot_be_had_is_said() -> None:
    first = free_port(2)
    with Shell(first, first + 1) as engine:
        engine.ports(1)
        with pytest.raises(RuntimeError, match="used up"):
            engine.ports(1)
