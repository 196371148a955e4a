import asyncio
from collections import Counter
from pathlib import Path

import pytest
from structlog.testing import CapturingLogger

from media.descriptors import RESERVE
from softswitch.configuration.settings import Connections, Listener, Tls, WebSocket
from softswitch.daemon.plugs import Plugs
from softswitch.sip.settings import ListenerSettings
from softswitch.transport.errors import CannotListen
from softswitch.transport.stream import StreamWire
from softswitch.transport.wires import ignore
from tests.support.authority import Authority
from tests.support.inbox import Inbox
from tests.support.ports import free_port


def plugs(*listeners: Listener) -> Plugs:
    loop = asyncio.get_running_loop()
    connections = Connections(most=7, stranger=3.0)
    log = CapturingLogger()
    return Plugs(listeners, connections, Inbox(), Counter(), log, loop, lambda flow: False)


@pytest.mark.parametrize("transport", ["udp", "tcp", "ws", "tls", "wss"])
async def test_each_transport_has_its_wire(transport: str, tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    tls = Tls(*authority.sign("switch"), "none", None, {})
    local = ("127.0.0.1", free_port())
    listener = Listener(
        transport,
        *local,
        tls=tls if transport in ("tls", "wss") else None,
        websocket=WebSocket("/ws", ()) if transport in ("ws", "wss") else None,
    )
    wire = plugs(listener).open(ListenerSettings(transport, local), ignore)
    assert (wire.transport, wire.local) == (transport, local)
    if isinstance(wire, StreamWire):
        assert (wire.limits.connections, wire.limits.stranger) == (7, 3.0)
    else:
        assert transport == "udp"
    wire.close()


async def test_a_listener_fails_whose_certificate_cannot_be_used(tmp_path: Path) -> None:
    path = tmp_path / "missing.pem"
    local = ("127.0.0.1", free_port())
    listener = Listener("tls", *local, tls=Tls(path, path, "none", None, {}))
    with pytest.raises(CannotListen) as caught:
        plugs(listener).open(ListenerSettings("tls", local), ignore)
    assert caught.value.reason == f"{path}: No such file or directory"


async def test_connections_leave_descriptors_for_files_and_say_when_they_are_short(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("softswitch.daemon.plugs.raise_limit", lambda: RESERVE + 1)
    local, loop, log = ("127.0.0.1", free_port()), asyncio.get_running_loop(), CapturingLogger()
    listener, drops = Listener("tcp", *local), Counter[str]()
    opener = Plugs([listener], Connections(), Inbox(), drops, log, loop, lambda flow: False)
    wire = opener.open(ListenerSettings("tcp", local), ignore)
    await wire.start()
    peers = [await asyncio.open_connection(*local) for _ in range(3)]
    for reader, _ in peers[:2]:
        assert await asyncio.wait_for(reader.read(), 5.0) == b""
    assert drops == {"tcp-stranger-displaced": 2}
    [told] = log.calls
    assert (told.args, told.kwargs) == (("descriptors-scarce",), {"connections": 1})
    for _, writer in peers:
        writer.close()
        await writer.wait_closed()
    wire.close()
