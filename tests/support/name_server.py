"""A name server on loopback, which knows what a test tells it."""

import socket
import threading
from collections import Counter

import dns.flags
import dns.message
import dns.rcode
import dns.rrset
from dns.exception import DNSException

from tests.support.ports import free_port

ROOT = "a.root.example. nobody.example. 1 60 60 60 60"


class NameServer:
    """Answers over UDP, in a thread of its own.

    zone  lines such as `one.example. 60 IN A 127.0.0.1`
    """

    def __init__(self, *zone: str) -> None:
        self.address = ("127.0.0.1", free_port())
        self.asked: Counter[str] = Counter()
        """By name and kind."""

        self.is_silent = False
        self.is_broken = False
        self._records: dict[tuple[str, str], list[str]] = {}
        for line in zone:
            name, ttl, _, kind, data = line.split(maxsplit=4)
            self._records.setdefault((name.lower(), kind), []).append(f"{ttl} {data}")
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.settimeout(0.1)
        self._socket.bind(self.address)
        self._ends = threading.Event()
        self._thread = threading.Thread(target=self._serve)

    def __enter__(self) -> "NameServer":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ends.set()
        self._thread.join()
        self._socket.close()

    def _serve(self) -> None:
        while not self._ends.is_set():
            try:
                data, peer = self._socket.recvfrom(4096)
                query = dns.message.from_wire(data)
            except (TimeoutError, DNSException):
                continue
            question = query.question[0]
            name, kind = question.name.to_text().lower(), dns.rdatatype.to_text(question.rdtype)
            self.asked[f"{name} {kind}"] += 1
            if not self.is_silent:
                self._socket.sendto(self._answer(query, name, kind).to_wire(), peer)

    def _answer(self, query: dns.message.Message, name: str, kind: str) -> dns.message.Message:
        answer = dns.message.make_response(query)
        answer.flags |= dns.flags.AA | dns.flags.RA
        if self.is_broken:
            answer.set_rcode(dns.rcode.SERVFAIL)
            return answer
        found = self._records.get((name, kind), [])
        if found:
            ttl = int(found[0].split()[0])
            datas = [one.partition(" ")[2] for one in found]
            answer.answer.append(dns.rrset.from_text(name, ttl, "IN", kind, *datas))
            return answer
        if not any(known == name for known, _ in self._records):
            answer.set_rcode(dns.rcode.NXDOMAIN)
        answer.authority.append(dns.rrset.from_text("example.", 60, "IN", "SOA", ROOT))
        return answer
