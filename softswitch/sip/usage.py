"""What dialogs and branches belong to."""

from collections.abc import Container
from typing import Protocol

from softswitch.sip.flow import Flow
from softswitch.sip.message import Request, Response
from softswitch.sip.outputs import EndpointOutput


class Usage(Protocol):
    """One kind of what goes on at an endpoint: its legs, for one.

    The endpoint asks each of them in turn whose a message is. Where ParseError or Refusal is
    raised, nothing has changed, and the endpoint answers.
    """

    def owns(self, request: Request, to_tag: str) -> bool:
        """Whether a request with that To tag is within a dialog of it. Raises ParseError."""

    def doubts(self, to_tag: str, flow: Flow) -> str | None:
        """Return the extension whose password a request that it owns has to show, since it comes
        from another host than the peer's; empty if there is none. None when it need not."""

    def serve(self, request: Request, flow: Flow, key: str, now: float) -> list[EndpointOutput]:
        """Answer a request that it owns. Raises ParseError and Refusal."""

    @property
    def awaited(self) -> tuple[Container[str], ...]:
        """Branches of the requests of ours that it waits for the responses to: always the same
        objects, so that they can be asked without it."""

    def hear(self, response: Response, flow: Flow, branch: str, now: float) -> list[EndpointOutput]:
        """Take a response that it awaits. Raises ParseError."""

    def failed(self, branch: str, status: int, now: float) -> list[EndpointOutput]:
        """A request that it awaits an answer to found none: 408, or 503 when it was not sent."""

    def flow_lost(self, flow: Flow, now: float) -> list[EndpointOutput]:
        """Take the end of a connection."""

    @property
    def deadline(self) -> float | None: ...

    def expire(self, now: float) -> list[EndpointOutput]: ...

    def counts(self) -> dict[str, int]:
        """Return how much of each kind is held."""
