"""Errors of the transport."""


class CannotListen(Exception):
    """An address cannot be listened on; says which, and why."""

    def __init__(self, transport: str, local: tuple[str, int], error: OSError) -> None:
        self.transport = transport
        self.local = local
        host, port = local
        reason = error.strerror or str(error)
        super().__init__(f"cannot listen on {transport} {host}:{port}: {reason}")
