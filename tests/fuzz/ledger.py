"""What must be true of everything that an endpoint sends."""

from collections import Counter, defaultdict

from softswitch.sip.errors import ParseError
from softswitch.sip.flow import Flow
from softswitch.sip.message import Header, Message, Request, Response, beginning, parse
from softswitch.sip.transaction import Transmit

Exchange = tuple[Flow, str, str]
"""A request and its responses: the flow, the topmost branch, and CSeq as it was written."""


class Ledger:
    """Keeps account of requests that came in, and of the final answers that they got."""

    def __init__(self) -> None:
        self._asked: Counter[Exchange] = Counter()
        self._answered: defaultdict[Exchange, set[bytes]] = defaultdict(set)
        self.has_wounded_answers = False
        """Phones have said what a proxy passes on, and its caller has not asked."""

    def came(self, data: bytes, flow: Flow) -> Message | None:
        """Note a message before the endpoint gets it; return it, if it can be read.

        What is too long to be read is answered for the sake of its beginning.
        """
        try:
            message = parse(data)
        except ParseError:
            if (begun := beginning(data)) is not None:
                self._asked[exchange_of(begun, flow)] += 1
            return None
        if isinstance(message, Request):
            self._asked[exchange_of(message, flow)] += 1
        return message

    def went(self, sent: Transmit, received: Message | None) -> Message:
        """Check what is sent, because of `received` or by itself, and return it.

        It reads as it was written. A final answer belongs to a request that came in, and each
        request has one; an ACK has none, nor has a response. Of a call that is passed on, 2xx
        come from several phones.
        """
        message = parse(sent.data)
        assert message.to_bytes() == sent.data, "what is sent is read otherwise"
        if isinstance(message, Request):
            message.via()
            return message
        exchange = exchange_of(message, sent.flow)
        if isinstance(received, Response) and not self.has_wounded_answers:
            assert exchange != exchange_of(received, sent.flow), "a response was answered"
        if exchange not in self._asked:
            assert self.has_wounded_answers, f"an answer to nothing: {sent.data!r}"
            return message
        if isinstance(received, Request) and received.method == "ACK":
            assert exchange != exchange_of(received, sent.flow), "an ACK was answered"
        assert isinstance(message, Response)
        if message.status >= 300 or (message.status >= 200 and not exchange[2].endswith("INVITE")):
            answers = self._answered[exchange]
            answers.add(sent.data)
            assert len(answers) <= self._asked[exchange], answers
        return message


def exchange_of(message: Message, flow: Flow) -> Exchange:
    """Return what a request that comes by `flow` has in common with its responses."""
    try:
        branch = message.branch()
    except ParseError:
        branch = ""
    return flow, branch, message.first(Header.CSEQ) or ""
