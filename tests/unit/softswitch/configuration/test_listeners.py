"""What the file gives to listeners of streams."""

from pathlib import Path

import pytest

from softswitch.configuration.errors import ConfigurationError
from softswitch.configuration.load import Loaded, parse
from softswitch.configuration.settings import Connections, WebSocket

FOLDER = Path("/etc/softswitch")
PEOPLE = "employees:\n  101: {password: long-enough}\n"


def loaded(network: str) -> Loaded:
    return parse(PEOPLE + network, FOLDER, {}, "office.yaml")


def test_the_certificate_of_the_network_is_that_of_every_secure_listener() -> None:
    [udp, tls, wss] = loaded(
        """
network:
  listen: [udp 0.0.0.0:5060, tls 0.0.0.0:5061, wss 0.0.0.0:8089]
  certificate: tls/fullchain.pem
  key: /keys/privkey.pem
"""
    ).settings.listeners
    assert (udp.tls, udp.websocket) == (None, None)
    assert tls.tls is not None
    assert tls.tls == wss.tls
    assert tls.tls.certificate == FOLDER / "tls/fullchain.pem"
    assert tls.tls.key == Path("/keys/privkey.pem")
    assert (tls.tls.client_certificates, tls.tls.authority) == ("none", None)
    source = tls.tls.sources["key"]
    assert (source.rule, source.file, source.line) == ("network.key", "office.yaml", 7)
    assert (tls.websocket, wss.websocket) == (None, WebSocket("/ws", ()))


def test_a_listener_may_have_a_certificate_and_rules_of_its_own() -> None:
    [tls, ws] = loaded(
        """
network:
  listen:
    - on: tls 0.0.0.0:5061
      certificate: own.pem
      key: own.key
      client_certificates: required
      authority: phones.pem
    - on: ws [::]:8088
      path: /sip
      origins: [https://Phone.example.com]
  certificate: usual.pem
  key: usual.key
"""
    ).settings.listeners
    assert tls.tls is not None
    assert (tls.tls.certificate, tls.tls.key) == (FOLDER / "own.pem", FOLDER / "own.key")
    assert (tls.tls.client_certificates, tls.tls.authority) == ("required", FOLDER / "phones.pem")
    assert tls.tls.sources["key"].line == 8
    assert ws.websocket == WebSocket("/sip", ("https://phone.example.com",))
    assert ws.tls is None


def test_what_peers_may_cost_is_a_matter_of_security() -> None:
    assert loaded("").settings.connections == Connections()
    text = "security: {connections: 5, connections_of_address: 2, connection_silence: 1m, "
    found = loaded(text + "stranger: 3s}\n").settings.connections
    assert found == Connections(5, 2, 60.0, 3.0)


@pytest.mark.parametrize(
    ("listener", "rest", "complaint"),
    [
        ("tls 1.2.3.4:5061", "", "'certificate' and 'key' missing here, or in network"),
        ("tls 1.2.3.4:5061", ", certificate: a.pem", "'key' missing here, or in network"),
        (
            "{on: 'tls 1.2.3.4:5', certificate: a.pem}",
            ", certificate: b.pem, key: b.key",
            "'key' is missing here, for its own certificate",
        ),
        ("{on: 'udp 1.2.3.4:5', key: a}", "", "only a listener of tls or wss has one"),
        ("{on: 'tcp 1.2.3.4:5', path: /x}", "", "only a listener of ws or wss has one"),
        ("{on: 'ws 1.2.3.4:5', path: x}", "", "expected a path such as '/ws', not 'x'"),
        ("{on: 'ws 1.2.3.4:5', origins: x}", "", "expected a site such as 'https://"),
        (
            "{on: 'tls 1.2.3.4:5', client_certificates: require}",
            "",
            "'require' is no choice; did you mean 'required'?",
        ),
        (
            "{on: 'tls 1.2.3.4:5', client_certificates: required}",
            ", certificate: b.pem, key: b.key",
            "'authority' is missing: who signs the phones' certificates",
        ),
        ("tsl 1.2.3.4:5061", "", "did you mean 'tls'?"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(listener: str, rest: str, complaint: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        loaded(f"network: {{listen: [{listener}]{rest}}}\n")
    [finding] = caught.value.findings
    assert complaint in finding.message
    assert finding.line == 3


@pytest.mark.parametrize(
    ("listeners", "can_be"),
    [
        ("udp 0.0.0.0:5060, udp 127.0.0.1:5060", False),
        ("udp 127.0.0.1:5060, 'udp *:5060'", False),
        ("tcp 127.0.0.1:5060, ws 127.0.0.1:5060", False),
        ("ws 0.0.0.0:5060, tcp 10.0.0.1:5060", False),
        ("'udp [::]:5060', 'udp [::1]:5060'", False),
        ("udp 0.0.0.0:5060, tcp 0.0.0.0:5060", True),
        ("udp 10.0.0.1:5060, udp 10.0.0.2:5060", True),
        ("udp 0.0.0.0:5060, 'udp [::]:5060', 'udp 10.0.0.1:5062'", True),
    ],
)
def test_two_listeners_that_want_one_socket_are_refused(listeners: str, can_be: bool) -> None:
    text = f"network: {{listen: [{listeners}]}}"
    if can_be:
        assert loaded(text).settings.listeners
    else:
        with pytest.raises(ConfigurationError, match="is listened on already"):
            loaded(text)


@pytest.mark.parametrize("host", ["0.0.0.0", "*", "10.0.0.1"])
def test_a_port_of_speech_cannot_be_one_of_signalling(host: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        loaded(
            f"network:\n  listen: ['tcp 0.0.0.0:5060', 'udp {host}:12000']\n  rtp: 11000-12000\n"
        )
    [found] = caught.value.findings
    assert found.message == (
        "network.listen.1: port 12000 is one of network.rtp, 11000-12000, where speech goes: "
        "change one of them"
    )
    assert (found.line, found.column) == (4, 32)


@pytest.mark.parametrize("listen", ["udp 0.0.0.0:10999", "udp 0.0.0.0:12001", "tcp 0.0.0.0:11500"])
def test_ports_beside_those_of_speech_and_of_streams_are_free_for_signalling(listen: str) -> None:
    assert loaded(f"network:\n  listen: ['{listen}']\n  rtp: 11000-12000\n").settings.listeners
