"""What keeps a switch from being broken into or talked down, on sockets and the command line."""

import contextlib
import json
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from softswitch.sip.digest import authorize, ha1
from softswitch.sip.message import Challenge, Header, Request, Response, parse
from softswitch.transport.udp import bound_socket, filled
from tests.support.daemon import Daemon, employees, run

pytestmark = [pytest.mark.interop, pytest.mark.slow]

HALT = 1.5
"""Seconds for which a switch is stopped: it finds itself late by as much."""

PATIENCE = 5.0
"""Seconds in which an answer comes, if one does."""

SILENCE = 0.5
"""Seconds after which no answer is taken for none. What is to be dropped is dropped at once."""


class Asker:
    """Somebody with a UDP socket, who writes SIP by hand."""

    def __init__(self, server: tuple[str, int], host: str = "127.0.0.1") -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind((host, 0))
        self._socket.connect(server)
        self.host, self.port = self._socket.getsockname()
        self._serial = 0

    def close(self) -> None:
        self._socket.close()

    def request(self, method: str, user: str = "101", *, proof: str = "") -> Request:
        self._serial += 1
        headers: list[tuple[Header | str, str]] = [
            (Header.VIA, f"SIP/2.0/UDP {self.host}:{self.port};branch=z9hG4bK{self._serial};rport"),
            (Header.MAX_FORWARDS, "70"),
            (Header.FROM, f"<sip:{user}@127.0.0.1>;tag=t{self._serial}"),
            (Header.TO, f"<sip:{user}@127.0.0.1>"),
            (Header.CALL_ID, f"{self.port}-{self._serial}"),
            (Header.CSEQ, f"{self._serial} {method}"),
            (Header.CONTACT, f"<sip:{user}@{self.host}:{self.port}>"),
        ]
        if proof:
            headers.append((Header.AUTHORIZATION, proof))
        return Request.build(method, "sip:127.0.0.1", headers)

    def ask(self, request: Request, within: float = PATIENCE) -> Response | None:
        self._socket.send(request.to_bytes())
        deadline = time.monotonic() + within
        while (left := deadline - time.monotonic()) > 0:
            self._socket.settimeout(left)
            try:
                answer = parse(self._socket.recv(65_535))
            except TimeoutError:
                return None
            if isinstance(answer, Response) and answer.call_id() == request.call_id():
                return answer
        return None

    def status_of(self, method: str, within: float = PATIENCE) -> int | None:
        answer = self.ask(self.request(method), within)
        return None if answer is None else answer.status

    def register(self, password: str) -> int:
        """Take a challenge, answer it, and return the status that follows."""
        asked = self.ask(self.request("REGISTER"))
        assert asked is not None
        challenge = Challenge.parse(asked.first(Header.WWW_AUTHENTICATE) or "")
        proof = authorize(challenge, "101", password, "REGISTER", "sip:127.0.0.1", "cnonce")
        answer = self.ask(self.request("REGISTER", proof=proof))
        assert answer is not None
        return answer.status


@contextlib.contextmanager
def asker(daemon: Daemon, host: str = "127.0.0.1") -> Iterator[Asker]:
    one = Asker(daemon.address, host)
    try:
        yield one
    finally:
        one.close()


def test_a_ban_is_shown_survives_a_kill_and_is_lifted(tmp_path: Path) -> None:
    rules = employees("101") + "security: {bans: {failures: 3}}\n"
    with Daemon(tmp_path, rules) as daemon, asker(daemon) as guesser:
        state = str(daemon.state)
        assert run("bans", "--state", state).stdout == "nobody is banned\n"
        assert [guesser.register("guess") for _ in range(3)] == [401] * 3
        assert guesser.status_of("REGISTER", SILENCE) is None
        daemon.wait_until_logged("banned")
        daemon.wait_until_logged("denied")
        assert "denied 401 Wrong Password: 3\n" in run("status", "--state", state).stdout
        daemon.wait_until_idle()  # the ban is on the disk

        daemon.kill()
        daemon.restart()
        assert guesser.status_of("REGISTER", SILENCE) is None
        address = f"127.0.0.1:{guesser.port}"
        [ban] = json.loads(run("bans", "--config", str(daemon.config), "--format", "json").stdout)
        assert (ban["address"], ban["times"], ban["user"]) == (address, 1, "101")
        assert address in run("bans", "--state", state).stdout
        assert "banned addresses: 1" in run("status", "--state", state).stdout
        with asker(daemon) as neighbour:
            assert neighbour.register("long-enough") == 200

        lifted = run("unban", "127.0.0.1", "--state", state)
        assert (lifted.returncode, lifted.stdout) == (0, f"{address} is answered again\n")
        assert guesser.register("long-enough") == 200
        again = run("unban", address, "--state", state)
        assert (again.returncode, again.stderr) == (1, f"{address} is not banned\n")


def test_who_is_denied_gets_no_answer_and_no_connection(tmp_path: Path) -> None:
    daemon = Daemon(tmp_path, employees("101"))
    written = daemon.config.read_text()
    for transport in ("udp", "tcp"):
        on = f"{transport} {daemon.server}"
        written = written.replace(on, f"{{on: '{on}', deny: [127.0.0.2]}}")
    daemon.config.write_text(written)
    with daemon, asker(daemon, "127.0.0.2") as denied, asker(daemon) as other:
        assert denied.status_of("REGISTER", SILENCE) is None
        assert other.status_of("REGISTER") == 401
        with (
            socket.create_connection(
                daemon.address, timeout=PATIENCE, source_address=("127.0.0.2", 0)
            ) as connection,
            contextlib.suppress(ConnectionResetError),
        ):
            assert connection.recv(1) == b""
        drops = daemon.status().drops
        assert drops["address-denied"] == 1
        assert drops["tcp-address-denied"] == 1


def test_a_switch_that_is_late_refuses_new_calls_until_it_is_not(tmp_path: Path) -> None:
    with Daemon(tmp_path, employees("101")) as daemon, asker(daemon) as caller:
        assert caller.status_of("INVITE") == 401
        daemon.halt(HALT)
        daemon.wait_until_overloaded()
        refused = caller.ask(caller.request("INVITE"))
        assert refused is not None
        assert refused.status == 503
        assert refused.first(Header.RETRY_AFTER)
        assert caller.register("long-enough") == 200
        daemon.wait_until_overloaded(is_over=True)
        assert caller.status_of("INVITE") == 401
        assert daemon.status().drops["stranger-in-overload"] == 1
        for slug in ("overloaded", "overload-over"):
            daemon.wait_until_logged(slug)


def test_a_queue_that_nobody_reads_is_seen_to_fill() -> None:
    with bound_socket(("127.0.0.1", 0)) as reader, asker_of(reader) as writer:
        reader.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65_536)
        assert filled(reader) == 0.0
        for _ in range(200):
            writer.send(b"x" * 1000)
        assert filled(reader) > 0.5
        with contextlib.suppress(BlockingIOError):
            while reader.recv(2000):
                """Read on."""
        assert filled(reader) == 0.0


def asker_of(reader: socket.socket) -> socket.socket:
    """Return a socket whose datagrams arrive at `reader`."""
    writer = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    writer.connect(reader.getsockname())
    return writer


def test_hashes_in_the_place_of_a_password_are_made_by_a_command(tmp_path: Path) -> None:
    made = run("password", "101", "--realm", "softswitch", typed="top secret\n")
    assert made.returncode == 0, made.stderr
    assert f"md5: {ha1('101', 'softswitch', 'top secret')}" in made.stdout
    assert "top secret" not in made.stdout
    with Daemon(tmp_path, f"employees:\n{made.stdout}") as daemon, asker(daemon) as phone:
        assert phone.register("top secret") == 200
        assert phone.register("guess") == 401
