"""A phone of pyVoIP, as a program of its own: it says on standard output what happens.

    pyvoip_phone.py HOST PORT NUMBER PASSWORD SIP_PORT RTP_PORT HEARD call TO
    pyvoip_phone.py HOST PORT NUMBER PASSWORD SIP_PORT RTP_PORT HEARD answer

It says a tone and writes what it hears to the file HEARD: 8 bits without sign, 8 kHz. A call that
it places it ends itself, when it has heard enough; one that comes in it waits to be ended.
"""

import math
import sys
import time
from pathlib import Path

from pyVoIP.VoIP import CallState, PhoneStatus, VoIPCall, VoIPPhone

HERTZ = 500.0
FRAME = 160
WITHIN = 20.0
ENOUGH = 2.0
LOOK = 0.01
STARTED = PhoneStatus.REGISTERED


def say(word: str) -> None:
    sys.stdout.write(word + "\n")
    sys.stdout.flush()


def wait_while(goes_on: object, call: VoIPCall) -> None:
    deadline = time.monotonic() + WITHIN
    while call.state is goes_on and time.monotonic() < deadline:
        time.sleep(LOOK)


def tone(seconds: float) -> bytes:
    steps = (2 * math.pi * HERTZ * n / 8000 for n in range(round(8000 * seconds)))
    return bytes(128 + round(45 * math.sin(step)) for step in steps)


def talk(call: VoIPCall, heard: Path, seconds: float) -> None:
    """Say the tone and write down what comes, for so long or until the call is ended."""
    call.write_audio(tone(WITHIN))
    with heard.open("wb") as file:
        end = time.monotonic() + seconds
        while call.state is CallState.ANSWERED and time.monotonic() < end:
            time.sleep(FRAME / 8000)
            file.write(call.read_audio(FRAME, blocking=False))  # else it waits out all silence


def main() -> None:
    host, port, number, password, sip_port, rtp_port, heard, what, *rest = sys.argv[1:]
    over = False

    def answer(call: VoIPCall) -> None:
        nonlocal over
        call.answer()
        say("answered")
        talk(call, Path(heard), WITHIN)
        say("ended")
        over = True

    phone = VoIPPhone(
        host,
        int(port),
        number,
        password,
        myIP="127.0.0.1",
        callCallback=answer,
        sipPort=int(sip_port),
        rtpPortLow=int(rtp_port),
        rtpPortHigh=int(rtp_port) + 20,
    )
    phone.start()
    deadline = time.monotonic() + WITHIN
    while phone.get_status() is not STARTED and time.monotonic() < deadline:
        time.sleep(LOOK)
    say("registered")
    if what == "call":
        call = phone.call(rest[0])
        wait_while(CallState.DIALING, call)
        say(call.state.value.lower())
        talk(call, Path(heard), ENOUGH)
        if call.state is CallState.ANSWERED:
            call.hangup()
        say("ended")
    else:
        while not over and time.monotonic() < deadline:
            time.sleep(LOOK)
    phone.stop()


main()
