"""What the switch knows of its users' secrets."""

from collections.abc import Mapping

from softswitch.sip.digest import ha1


class Credentials:
    """Passwords of the one realm; implements `sip.admission.Passwords`.

    Hashes are made when first asked for, one per user and algorithm.
    """

    def __init__(self, passwords: Mapping[str, str], realm: str) -> None:
        self._passwords = passwords
        self._realm = realm
        self._hashes: dict[tuple[str, str], str] = {}

    def ha1(self, user: str, algorithm: str) -> str | None:
        known = self._hashes.get((user, algorithm))
        if known is None:
            password = self._passwords.get(user)
            if password is None:
                return None
            known = self._hashes[user, algorithm] = ha1(user, self._realm, password, algorithm)
        return known
