"""The transaction layer: four machines, their keys and their timers (RFC 3261, section 17)."""

from collections.abc import Callable

from softswitch.identifiers import Identifiers
from softswitch.sip.errors import ParseError
from softswitch.sip.flow import Flow, Transmit
from softswitch.sip.message import Header, Request, Response, respond
from softswitch.sip.transaction.hop import Hop, last_hop
from softswitch.sip.transaction.invite_client import ExtraHeaders, InviteClient
from softswitch.sip.transaction.invite_server import InviteServer
from softswitch.sip.transaction.key import cancel_key, merge_key, server_key
from softswitch.sip.transaction.outputs import (
    AckArrived,
    CancelArrived,
    Discard,
    Output,
    RequestArrived,
    Sent,
)
from softswitch.sip.transaction.request_client import RequestClient
from softswitch.sip.transaction.request_server import RequestServer
from softswitch.sip.transaction.state import State
from softswitch.sip.transaction.table import Table
from softswitch.sip.transaction.timers import TimerValues

_OVERLOAD_RETRY = "10"
"""Seconds of Retry-After when there are too many transactions."""


def listening_address(flow: Flow) -> str:
    """Return host:port of the flow's listener, as a Via has it: without the zone of a link."""
    host, port = flow.local[0].partition("%")[0], flow.local[1]
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


class TransactionLayer:
    """Matches messages to transactions, absorbs copies, retransmits, gives up.

    sent_by     host:port for our Via on that flow
    most_live   how many unfinished server transactions there may be; more get 503
    """

    __slots__ = (
        "_clients",
        "_identifiers",
        "_merging",
        "_most_live",
        "_sent_by",
        "_servers",
        "_timers",
    )

    def __init__(
        self,
        identifiers: Identifiers,
        timers: TimerValues = TimerValues(),  # noqa: B008  (frozen)
        sent_by: Callable[[Flow], str] = listening_address,
        most_live: int = 100_000,
    ) -> None:
        self._identifiers = identifiers
        self._timers = timers
        self._sent_by = sent_by
        self._most_live = most_live
        self._servers: Table[InviteServer | RequestServer] = Table(4 * most_live)
        self._clients: Table[InviteClient | RequestClient] = Table(4 * most_live)
        self._merging: dict[str, str] = {}  # merge key -> key, of INVITEs without final response

    # Messages that come in

    def receive(self, message: Request | Response, flow: Flow, now: float) -> list[Output]:
        if isinstance(message, Response):
            return self._receive_response(message, flow, now)
        try:
            hop = last_hop(message, flow)
        except ParseError:
            return [Discard("via-unreadable")]  # there is no way back for an answer
        match message.method:
            case "ACK":
                return self._receive_ack(message, hop, flow, now)
            case "CANCEL":
                return self._receive_cancel(message, hop, flow, now)
            case _:
                return self._receive_request(message, hop, flow)

    def _receive_request(self, request: Request, hop: Hop, flow: Flow) -> list[Output]:
        method = request.method
        key = server_key(request, hop, method)
        server = self._servers.find(key)
        if server is not None:
            return server.repeat()
        request.mark_received(hop.seen)
        if self._servers.live >= self._most_live:
            retry = ((Header.RETRY_AFTER, _OVERLOAD_RETRY),)
            return self._refuse(request, flow, 503, retry)
        if method != "INVITE":
            self._servers.begin(RequestServer(key, flow, self._timers))
            return [RequestArrived(request, flow, key)]
        merging = merge_key(request)
        if merging and self._merging.setdefault(merging, key) != key:
            return self._refuse(request, flow, 482)
        self._servers.begin(InviteServer(key, flow, self._timers, merging))
        return [RequestArrived(request, flow, key)]

    def _receive_ack(self, ack: Request, hop: Hop, flow: Flow, now: float) -> list[Output]:
        server = self._servers.find(server_key(ack, hop, "INVITE"))
        if not isinstance(server, InviteServer):
            return [AckArrived(ack, flow)]
        outputs = server.acknowledge(ack, flow, now)
        self._servers.file(server)
        return outputs

    def _receive_cancel(self, cancel: Request, hop: Hop, flow: Flow, now: float) -> list[Output]:
        key = server_key(cancel, hop, "CANCEL")
        server = self._servers.find(key)
        if server is not None:
            return server.repeat()
        cancel.mark_received(hop.seen)
        invite = self._servers.find(server_key(cancel, hop, "INVITE"))
        if not isinstance(invite, InviteServer):
            return self._refuse(cancel, flow, 481)
        self._servers.file(RequestServer(key, flow, self._timers))
        outputs: list[Output] = [*self.respond(key, self._reply(cancel, 200, invite.to_tag()), now)]
        if invite.state is State.PROCEEDING:
            outputs.append(CancelArrived(cancel, flow, invite.key))
        return outputs

    def _receive_response(self, response: Response, flow: Flow, now: float) -> list[Output]:
        try:
            branch = response.branch()
            method = response.cseq().method
        except ParseError:
            return [Discard("response-unreadable")]
        firsts = response.firsts()
        if not (firsts.get(Header.CALL_ID) and firsts.get(Header.FROM) and firsts.get(Header.TO)):
            # Section 8.1.1: every message has them. It counts as lost: a whole one may follow.
            return [Discard("response-incomplete")]
        client = self._clients.find(cancel_key(branch) if method == "CANCEL" else branch)
        if client is None or client.method != method:
            return [Discard("response-unmatched")]
        outputs = client.receive(response, flow, now)
        if isinstance(client, InviteClient) and client.cancel_headers is not None:
            outputs += self._send_cancel(client, now)
        self._clients.file(client)
        return _told(client, outputs)

    # Messages that go out

    def request(
        self, request: Request, flow: Flow, now: float, mark: str = "", branch: str = ""
    ) -> tuple[str, list[Sent]]:
        """Send `request`, which gets our Via on top; return its branch too. Not for ACK.

        mark    ends the branch: what the sender wants to know it by, should it come back
        branch  the whole of it, if that has been made before
        """
        branch = self._add_via(request, flow, mark, branch)
        data = request.to_bytes()
        client: InviteClient | RequestClient
        if request.method == "INVITE":
            client = InviteClient(branch, flow, request, data, self._timers)
        else:
            client = RequestClient(branch, request.method, flow, data, self._timers)
        outputs = client.start(now)
        self._clients.file(client)
        return branch, outputs

    def send(self, request: Request, flow: Flow) -> list[Sent]:
        """Send `request` with our Via on top and no transaction: the ACK to a 2xx.

        Keep what is returned, to send the same ACK again when the 2xx comes again.
        """
        self._add_via(request, flow)
        return [Transmit(request.to_bytes(), flow)]

    def respond(self, key: str, response: Response, now: float) -> list[Sent]:
        """Send a response to the request of `key`, by the flow that it came by."""
        server = self._servers.find(key)
        if server is None:
            return [Discard("response-without-request")]
        outputs = server.respond(response.status, response.to_bytes(), now)
        self._file_server(server)
        return outputs

    def respond_once(self, key: str, response: Response) -> list[Sent]:
        """Send a final response and keep nothing: for whoever has not said who he is.

        A challenge is not worth repeating to an address that may be forged (section 26.3.2.4).
        A copy of the request arrives as a new one, and the ACK arrives too.
        """
        server = self._servers.find(key)
        if server is None or server.has_answered:
            return [Discard("response-without-request")]
        self._drop(server)
        return [Transmit(response.to_bytes(), server.flow)]

    def flow_of(self, key: str) -> Flow | None:
        """Return the flow that the request of `key` has come by, if it is still known."""
        server = self._servers.find(key)
        return None if server is None else server.flow

    def forget(self, key: str) -> None:
        """Drop a request without an answer."""
        server = self._servers.find(key)
        if server is not None:
            self._drop(server)

    def cancel(self, branch: str, now: float, headers: ExtraHeaders = ()) -> list[Sent]:
        """Send CANCEL for the INVITE of `branch`, as soon as a provisional response allows it.

        The final response, 487 or what crossed the CANCEL, arrives as without it; TimedOut
        comes in its place when there is none 64*T1 after the CANCEL.
        """
        client = self._clients.find(branch)
        if not isinstance(client, InviteClient) or not client.cancel(headers):
            return [Discard("nothing-to-cancel")]
        outputs = self._send_cancel(client, now)
        self._clients.file(client)
        return outputs

    # Time, and connections that end

    @property
    def deadline(self) -> float | None:
        server, client = self._servers.deadline, self._clients.deadline
        if server is None or client is None:
            return client if server is None else server
        return min(server, client)

    def expire(self, now: float) -> list[Output]:
        outputs: list[Output] = []
        for server in self._servers.pop_due(now):
            outputs += server.expire(now)
            self._file_server(server)
        for client in self._clients.pop_due(now):
            outputs += _told(client, client.expire(now))
            self._clients.file(client)
        return outputs

    def flow_lost(self, flow: Flow, now: float) -> list[Output]:
        """Give up what a closed connection carried."""
        outputs: list[Output] = []
        for server in self._servers.of_flow(flow):
            outputs += server.flow_lost()
            self._file_server(server)
        for client in self._clients.of_flow(flow):
            outputs += _told(client, client.flow_lost())
            self._clients.file(client)
        return outputs

    @property
    def live(self) -> int:
        """How many transactions wait for something, on both sides."""
        return self._servers.live + self._clients.live

    # Inside

    def _add_via(self, request: Request, flow: Flow, mark: str = "", branch: str = "") -> str:
        branch = branch or self._identifiers.branch() + mark
        via = f"SIP/2.0/{flow.transport.upper()} {self._sent_by(flow)};rport;branch={branch}"
        if flow.name:  # a server, of whose certificate we are sure: it may use the connection too
            via += ";alias"
        request.push_via(via)
        return branch

    def _send_cancel(self, client: InviteClient, now: float) -> list[Sent]:
        request = client.take_cancel(now)
        if request is None:
            return []
        key = cancel_key(client.key)
        data = request.to_bytes()
        cancel = RequestClient(key, "CANCEL", client.flow, data, self._timers)
        outputs = cancel.start(now)
        self._clients.file(cancel)
        return outputs

    def _file_server(self, server: InviteServer | RequestServer) -> None:
        self._servers.file(server)
        if isinstance(server, InviteServer) and server.state is not State.PROCEEDING:
            self._settle(server)

    def _drop(self, server: InviteServer | RequestServer) -> None:
        server.state = State.TERMINATED
        self._servers.drop(server)
        if isinstance(server, InviteServer):
            self._settle(server)

    def _settle(self, server: InviteServer) -> None:
        """Forget what its copies would be known by: it has had its final response."""
        if server.merge_key:
            self._merging.pop(server.merge_key, None)
            server.merge_key = ""

    def _reply(self, request: Request, status: int, to_tag: str = "") -> Response:
        return respond(request, status, to_tag=to_tag or self._identifiers.tag())

    def _refuse(
        self, request: Request, flow: Flow, status: int, headers: ExtraHeaders = ()
    ) -> list[Output]:
        """Answer without a transaction (section 8.2.7)."""
        response = respond(request, status, to_tag=self._identifiers.tag(), headers=headers)
        return [Transmit(response.to_bytes(), flow)]


def _told(client: InviteClient | RequestClient, outputs: list[Output]) -> list[Output]:
    """Return what the user of the layer is told: of a CANCEL's own transaction nothing."""
    if client.method != "CANCEL":
        return outputs
    return [output for output in outputs if isinstance(output, Transmit)]
