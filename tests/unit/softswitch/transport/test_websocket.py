from collections.abc import Iterator

import pytest
from websockets.client import ClientProtocol
from websockets.frames import Frame, Opcode
from websockets.http11 import Response
from websockets.typing import Origin, Subprotocol
from websockets.uri import parse_uri

from softswitch.transport.framing import Answer, Ended, Item, Noise
from softswitch.transport.websocket import CHUNK, WebSocketFraming

SIP = b"OPTIONS sip:x SIP/2.0\r\n\r\n"


class Page:
    """The other side: a script in a page."""

    def __init__(
        self,
        framing: WebSocketFraming,
        path: str = "/ws",
        subprotocols: tuple[str, ...] = ("sip",),
        origin: str | None = None,
    ) -> None:
        self._framing = framing
        self._protocol = ClientProtocol(
            parse_uri(f"ws://switch.example{path}"),
            subprotocols=[Subprotocol(one) for one in subprotocols] or None,
            origin=None if origin is None else Origin(origin),
        )
        self.status = 0
        self.noise = 0
        self.frames: list[Frame] = []

    def connect(self) -> list[Item]:
        """Shake hands; return what the framing says beside its answer."""
        self._protocol.send_request(self._protocol.connect())
        return self.flush()

    def send_text(self, data: bytes, *, fin: bool = True) -> list[Item]:
        self._protocol.send_text(data, fin=fin)
        return self.flush()

    def send_binary(self, data: bytes) -> list[Item]:
        self._protocol.send_binary(data)
        return self.flush()

    def send_more(self, data: bytes, *, fin: bool) -> list[Item]:
        self._protocol.send_continuation(data, fin=fin)
        return self.flush()

    def ping(self, data: bytes) -> list[Item]:
        self._protocol.send_ping(data)
        return self.flush()

    def close(self) -> list[Item]:
        self._protocol.send_close(1000)
        return self.flush()

    def flush(self) -> list[Item]:
        return [*self._say(b"".join(self._protocol.data_to_send()))]

    def _say(self, data: bytes) -> Iterator[Item]:
        for item in self._framing.receive(data):
            if isinstance(item, Answer):
                self.hear(item.data)
            elif isinstance(item, Noise):
                self.noise += item.count
            else:
                yield item

    def hear(self, data: bytes) -> None:
        self._protocol.receive_data(data)
        for event in self._protocol.events_received():
            if isinstance(event, Response):
                self.status = event.status_code
            elif isinstance(event, Frame):
                self.frames.append(event)


@pytest.fixture
def framing() -> WebSocketFraming:
    return WebSocketFraming("/ws", (), 1000)


@pytest.fixture
def page(framing: WebSocketFraming) -> Page:
    page = Page(framing)
    assert page.connect() == []
    return page


def test_pings_and_parts_are_noise_and_messages_are_not(page: Page) -> None:
    page.ping(b"a")
    page.send_text(SIP[:9], fin=False)
    assert page.noise == 2
    assert page.send_more(SIP[9:], fin=True) == [SIP]
    assert page.send_binary(SIP) == [SIP]
    page.send_text(b"")
    assert page.noise == 3


def test_what_comes_at_once_is_read_in_small_pieces(framing: WebSocketFraming, page: Page) -> None:
    pings = Frame(Opcode.PING, b"").serialize(mask=True) * 1000
    noise = [item.count for item in framing.receive(pings) if isinstance(item, Noise)]
    assert sum(noise) == 1000
    assert max(noise) <= 1 + CHUNK // 6


def test_hands_are_shaken_for_sip(framing: WebSocketFraming) -> None:
    assert not framing.is_ready
    assert framing.is_pending
    page = Page(framing, subprotocols=("chat", "sip"))
    assert page.connect() == []
    assert page.status == 101
    assert framing.is_ready
    assert not framing.is_pending


@pytest.mark.parametrize("path", ["/ws", "/ws?token=1"])
def test_what_follows_the_path_does_not_matter(framing: WebSocketFraming, path: str) -> None:
    assert Page(framing, path).connect() == []
    assert framing.is_ready


def test_another_path_is_not_found(framing: WebSocketFraming) -> None:
    page = Page(framing, "/elsewhere")
    assert page.connect() == [Ended("path-unknown")]
    assert page.status == 404
    assert not framing.is_ready


@pytest.mark.parametrize("subprotocols", [(), ("chat",)])
def test_who_does_not_speak_sip_is_refused(
    framing: WebSocketFraming, subprotocols: tuple[str, ...]
) -> None:
    page = Page(framing, subprotocols=subprotocols)
    assert page.connect() == [Ended("handshake-refused")]
    assert page.status == 400


@pytest.mark.parametrize(
    ("origin", "status"),
    [("https://phone.example", 101), ("https://evil.example", 403), (None, 403)],
)
def test_where_sites_are_named_only_their_pages_come_in(origin: str | None, status: int) -> None:
    framing = WebSocketFraming("/ws", ("https://phone.example",), 1000)
    page = Page(framing, origin=origin)
    assert page.connect() == ([] if status == 101 else [Ended("origin-refused")])
    assert page.status == status


def test_a_page_of_any_site_comes_in_where_none_is_named(framing: WebSocketFraming) -> None:
    page = Page(framing, origin="https://any.example")
    assert page.connect() == []
    assert page.status == 101


@pytest.mark.parametrize(
    ("request_", "status", "slug"),
    [
        (b"GET /ws HTTP/1.1\r\nHost: x\r\n\r\n", b"HTTP/1.1 426 ", "no-upgrade"),
        (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", b"HTTP/1.1 404 ", "path-unknown"),
        (b"GET /" + b"x" * 9000, b"HTTP/1.1 414 ", "handshake-malformed"),
    ],
)
def test_a_request_that_is_no_upgrade_has_a_clear_answer(
    framing: WebSocketFraming, request_: bytes, status: bytes, slug: str
) -> None:
    answer, end = framing.receive(request_)
    assert isinstance(answer, Answer)
    assert answer.data.startswith(status)
    assert end == Ended(slug)
    assert list(framing.receive(b"more")) == []


def test_what_is_no_http_ends_without_an_answer(framing: WebSocketFraming) -> None:
    register = b"REGISTER sip:x SIP/2.0\r\nVia: SIP/2.0/TCP x\r\n\r\n"
    assert list(framing.receive(register)) == [Ended("handshake-malformed")]


def test_nothing_counts_that_was_sent_ahead_of_a_refusal(framing: WebSocketFraming) -> None:
    ahead = Frame(Opcode.TEXT, SIP).serialize(mask=True)
    _, end = framing.receive(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n" + ahead)
    assert end == Ended("path-unknown")


def test_each_message_is_one_of_sip_be_it_text_or_binary(page: Page) -> None:
    assert page.send_text(SIP) == [SIP]
    assert page.send_binary(SIP + b"\xff") == [SIP + b"\xff"]


def test_fragments_are_put_together_with_a_ping_between(
    page: Page, framing: WebSocketFraming
) -> None:
    assert page.send_text(SIP[:5], fin=False) == []
    assert framing.is_pending
    assert page.ping(b"there?") == []
    assert page.send_more(SIP[5:9], fin=False) == []
    assert page.send_more(SIP[9:], fin=True) == [SIP]
    assert not framing.is_pending
    assert [(frame.opcode, bytes(frame.data)) for frame in page.frames] == [
        (Opcode.PONG, b"there?")
    ]


def test_a_message_split_at_every_byte_is_put_together(framing: WebSocketFraming) -> None:
    page = Page(framing)
    page.connect()
    whole = Frame(Opcode.BINARY, SIP * 10).serialize(mask=True)
    for cut in range(1, len(whole)):
        first = list(framing.receive(whole[:cut]))
        assert first == []
        assert framing.is_pending
        assert list(framing.receive(whole[cut:] + whole)) == [SIP * 10] * 2


@pytest.mark.parametrize("fragments", [1, 3])
def test_a_message_beyond_the_limit_ends_the_connection(page: Page, fragments: int) -> None:
    size = 1001 // fragments + 1
    items = page.send_text(bytes(size), fin=fragments == 1)
    for number in range(1, fragments):
        items += page.send_more(bytes(size), fin=number == fragments - 1)
    assert items == [Ended("message-too-long")]
    assert [frame.opcode for frame in page.frames] == [Opcode.CLOSE]
    assert bytes(page.frames[0].data).startswith((1009).to_bytes(2, "big"))


def test_a_frame_without_a_mask_ends_the_connection(page: Page, framing: WebSocketFraming) -> None:
    answer, end = framing.receive(Frame(Opcode.TEXT, SIP).serialize(mask=False))
    assert isinstance(answer, Answer)
    assert end == Ended("frame-malformed")


def test_a_peer_that_closes_in_order_is_answered_and_not_counted(page: Page) -> None:
    assert page.close() == [Ended("")]
    assert [frame.opcode for frame in page.frames] == [Opcode.CLOSE]


def test_a_ping_of_a_script_is_answered(page: Page) -> None:
    assert page.send_text(b"\r\n\r\n") == []
    assert [bytes(frame.data) for frame in page.frames] == [b"\r\n"]
    assert page.send_text(b"\r\n") == []
    assert page.send_text(b"") == []
    assert len(page.frames) == 1


def test_what_is_sent_is_text_where_it_is_utf8(page: Page, framing: WebSocketFraming) -> None:
    for data in (SIP, "Zażółć".encode(), b"\xff\xfe"):
        page.hear(framing.frame(data))
    assert [(frame.opcode, bytes(frame.data)) for frame in page.frames] == [
        (Opcode.TEXT, SIP),
        (Opcode.TEXT, "Zażółć".encode()),
        (Opcode.BINARY, b"\xff\xfe"),
    ]


def test_a_ping_of_ours_is_answered_by_every_browser(page: Page, framing: WebSocketFraming) -> None:
    page.hear(framing.ping())
    assert page.flush() == []
    assert [frame.opcode for frame in page.frames] == [Opcode.PING]


def test_a_page_is_told_that_the_switch_goes_away(page: Page, framing: WebSocketFraming) -> None:
    page.hear(framing.farewell())
    assert bytes(page.frames[0].data).startswith((1001).to_bytes(2, "big"))
    assert framing.frame(SIP) == b""
    assert framing.farewell() == b""
