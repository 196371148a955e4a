"""Names that this machine knows without asking anybody."""

from ipaddress import ip_address
from pathlib import Path


class Hosts:
    """A file such as /etc/hosts, read again when it has changed."""

    def __init__(self, path: Path = Path("/etc/hosts")) -> None:
        self._path = path
        self._seen: tuple[int, int] | None = None
        self._names: dict[str, list[str]] = {}

    def addresses(self, name: str) -> list[str] | None:
        """Return the addresses of a name, which may be none of the wanted kind; None where the
        file does not name it."""
        try:
            state = self._path.stat()
            if self._seen != (state.st_mtime_ns, state.st_size):
                self._names = _read(self._path.read_text("utf-8", "replace"))
                self._seen = state.st_mtime_ns, state.st_size
        except OSError:
            self._names, self._seen = {}, None
        return self._names.get(name.lower())


def _read(text: str) -> dict[str, list[str]]:
    names: dict[str, list[str]] = {}
    for line in text.splitlines():
        fields = line.partition("#")[0].split()
        try:
            address = str(ip_address(fields[0]))
        except (IndexError, ValueError):
            continue
        for name in fields[1:]:
            names.setdefault(name.lower().rstrip("."), []).append(address)
    return names
