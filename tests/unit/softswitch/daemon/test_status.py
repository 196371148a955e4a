import os

from softswitch.daemon.listening import ListenerState
from softswitch.daemon.status import (
    CallInProgress,
    Registration,
    Status,
    Worker,
    resident,
)

STATUS = Status(
    version="1.0",
    process=1,
    uptime=2.5,
    listeners=(ListenerState("udp 127.0.0.1:5060", "recvfrom"),),
    media_address="127.0.0.1",
    memory=50 << 20,
    registrations=(Registration("101", "sip:101@x", "udp 127.0.0.1:5070", "phone", 60.0),),
    calls=(CallInProgress("c1", "101", "600", "ring sales", 12.5),),
    workers=(Worker(7, "epoll", 2, 62, 90 << 20),),
    drops={"keep-alive": 3},
    faults={"KeyError at call.py:7": 1},
    waiting_writes=0,
)


def test_the_memory_of_a_process_is_known_while_it_lives() -> None:
    assert 1 << 20 < resident(os.getpid()) < 4 << 30
    assert resident(0) == 0
