"""Telephones that register: REGISTER, 401, REGISTER with digest, 200."""

import time
from dataclasses import dataclass

from benchmarks.ground import RUN, T1, Door, Footing
from benchmarks.office import REALM, password
from benchmarks.outcome import Outcome
from benchmarks.sip import CALL_ID, CSEQ, TO, Credential, Place, field

RATE = 1000
"""Registrations a second, before what is measured begins."""

PATIENCE = 30.0
"""Seconds beyond what the rate needs."""

EXPIRES = b"3600"


@dataclass(slots=True, eq=False)
class Telephone:
    """One person's, and the one registration that it renews."""

    door: Door
    credential: Credential
    stem: bytes
    """What all its requests have in common, from the first line to the From."""

    call_id: bytes
    contact: bytes
    cseq: int = 0
    began: float = 0.0
    asked: float = 0.0
    is_challenged: bool = False
    is_waiting: bool = False


class Enrolment:
    """Registers telephones, each by the socket at which it is called.

    server   where the switch listens
    outcome  takes what comes of it: a unit each
    """

    def __init__(self, ground: Footing, server: Place, outcome: Outcome) -> None:
        self._ground = ground
        self._server = f"{server[0]}:{server[1]}"
        self._uri = f"sip:{self._server}".encode()
        self._telephones: dict[bytes, Telephone] = {}
        self.outcome = outcome

    def add(self, number: str, door: Door) -> Telephone:
        """Return a telephone of the extension `number`. What `door` hears comes to `hear`."""
        tag = f"{RUN.decode()}r{number}"
        call_id = tag.encode()
        stem = (
            f"Max-Forwards: 70\r\nFrom: <sip:{number}@{self._server}>;tag={tag}\r\n"
            f"To: <sip:{number}@{self._server}>\r\nCall-ID: {tag}\r\n"
        )
        telephone = Telephone(
            door,
            Credential(number, REALM, password(number)),
            stem.encode(),
            call_id,
            f"<sip:{number}@{door.host}:{door.port}>".encode(),
        )
        self._telephones[call_id] = telephone
        return telephone

    def begin(self, telephone: Telephone, now: float) -> None:
        """Renew one registration."""
        if telephone.is_waiting:
            self.outcome.fail("a registration lasted until its telephone was wanted again")
        telephone.is_waiting, telephone.is_challenged = True, False
        telephone.began = now
        self._ask(telephone, b"", now)

    def all(self, telephones: list[Telephone], rate: float = RATE) -> None:
        """Register all of them once. Raises RuntimeError."""
        outcome, now = self.outcome, time.monotonic()
        wanted = outcome.units + len(telephones)
        for index, telephone in enumerate(telephones):
            self._ground.at(now + index / rate, self.begin, telephone)
        until = now + len(telephones) / rate + PATIENCE
        self._ground.run(until, lambda: outcome.units >= wanted or outcome.failures > 0)
        if outcome.units < wanted:
            raise RuntimeError(f"not all could register: {outcome.complaints}")

    def hear(self, data: bytes, now: float) -> None:
        self.outcome.received += 1
        telephone = self._telephones.get(field(data, CALL_ID))
        if telephone is None:
            self.outcome.fail("a message that nobody expects")
            return
        if not telephone.is_waiting or field(data, CSEQ) != b"%d REGISTER" % telephone.cseq:
            self.outcome.retransmissions += 1  # said twice, or too late
            return
        self.outcome.retransmissions += now - telephone.asked > T1
        if data.startswith(b"SIP/2.0 401 ") and not telephone.is_challenged:
            telephone.is_challenged = True
            self._ask(telephone, telephone.credential.answer(data, b"REGISTER", self._uri), now)
            return
        telephone.is_waiting = False
        if not data.startswith(b"SIP/2.0 200 "):
            self.outcome.fail(f"a registration was answered with {data[8:11].decode()}")
        elif not telephone.is_challenged:
            self.outcome.fail("a registration was not challenged")
        elif telephone.contact not in data or b";tag=" not in field(data, TO):
            self.outcome.fail("a registration is confirmed without its contact")
        else:
            self.outcome.units += 1
            self.outcome.latencies_ms.append((now - telephone.began) * 1000)

    def _ask(self, telephone: Telephone, credentials: bytes, now: float) -> None:
        telephone.cseq += 1
        telephone.asked = now
        cseq = telephone.cseq
        self.outcome.sent += 1
        telephone.door.send(
            b"REGISTER %b SIP/2.0\r\nVia: SIP/2.0/UDP %b;rport;branch=z9hG4bK%b-%d\r\n"
            b"%bCSeq: %d REGISTER\r\n%bContact: %b\r\nExpires: %b\r\n"
            b"User-Agent: softswitch benchmark\r\nContent-Length: 0\r\n\r\n"
            % (
                self._uri,
                telephone.door.name,
                telephone.call_id,
                cseq,
                telephone.stem,
                cseq,
                credentials,
                telephone.contact,
                EXPIRES,
            )
        )
