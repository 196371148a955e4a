"""Who repeats a wrong password in the same breath, and is to be told that it will not do."""

from collections import OrderedDict

from softswitch.sip.flow import Flow
from softswitch.sip.guard.bans import LONGEST_USER
from softswitch.sip.guard.hosts import door
from softswitch.sip.settings import BanSettings

_ENOUGH = 3
"""Wrong passwords in a row, the last of which is refused. Two may be an old one and a new one."""

_REMEMBERED = 3600.0
"""Seconds after the last. A phone that was refused tries again within them, and is refused."""

_LONGEST_CALL_ID = 80
"""Characters that are kept. Who writes longer ones may be refused a little early."""

_MOST = 10_000
"""Rows that are remembered; the one that has been quiet for longest is forgotten."""


class Mistakes:
    """Counts wrong passwords in a row: of one user, from one address and port, with one Call-ID.

    A phone with a mistyped password answers every challenge, at once and with the same password
    (RFC 3261, section 22.2, forbids it; some do it all the same), and would be banned before its
    owner looks up. Whether the password was the same again cannot be seen: every nonce and cnonce
    makes another proof of it. So the third in a row is refused in the place of a challenge, which
    leaves nothing to be answered. Every one counts for a ban as ever: this spares nobody who
    guesses, for he takes no notice of it.
    """

    __slots__ = ("_enough", "_rows")

    def __init__(self, settings: BanSettings) -> None:
        self._enough = max(2, min(_ENOUGH, settings.failures - 1))
        self._rows: OrderedDict[str, tuple[int, float]] = OrderedDict()

    def are_enough(self, flow: Flow, user: str, call_id: str, now: float) -> bool:
        """Count one more, and tell whether those are enough in a row."""
        rows, key = self._rows, _row(flow, user, call_id)
        count, until = rows.get(key, (0, now))
        count = 1 if until <= now else min(count + 1, self._enough)
        rows[key] = count, now + _REMEMBERED
        rows.move_to_end(key)
        if len(rows) > _MOST:
            rows.popitem(last=False)
        return count >= self._enough

    def forget(self, flow: Flow, user: str, call_id: str) -> None:
        """The right password has come."""
        if self._rows:
            self._rows.pop(_row(flow, user, call_id), None)

    def __len__(self) -> int:
        return len(self._rows)


def _row(flow: Flow, user: str, call_id: str) -> str:
    return f"{door(flow)} {user[:LONGEST_USER]} {call_id[:_LONGEST_CALL_ID]}"
