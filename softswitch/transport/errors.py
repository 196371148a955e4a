"""Errors of the transport."""


def spelt(transport: str, local: tuple[str, int]) -> str:
    """Return a listening address as the configuration writes it, such as `udp [::]:5060`."""
    host, port = local
    return f"{transport} [{host}]:{port}" if ":" in host else f"{transport} {host}:{port}"


class CannotListen(Exception):
    """An address cannot be listened on; says which, and why."""

    def __init__(self, transport: str, local: tuple[str, int], error: OSError) -> None:
        self.transport = transport
        self.local = local
        self.reason = error.strerror or str(error)
        super().__init__(f"cannot listen on {spelt(transport, local)}: {self.reason}")
