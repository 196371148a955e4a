"""What the switch knows of its users' secrets."""

from collections.abc import Iterable, Mapping

from softswitch.configuration.settings import Access
from softswitch.sip.digest import ha1
from softswitch.sip.guard import AddressList

_ANYWHERE = AddressList()


class Credentials:
    """Secrets of the one realm; implements `sip.admission.Passwords`.

    Every hash is made ahead: one made when first asked for would tell, by the time it takes, that
    its user exists.
    """

    def __init__(
        self,
        passwords: Mapping[str, str],
        realm: str,
        algorithms: Iterable[str] = ("MD5",),
        hashes: Mapping[str, Mapping[str, str]] | None = None,
        access: Mapping[str, Access] | None = None,
    ) -> None:
        """Raises ValueError when `access` holds what is no network.

        passwords   by user
        algorithms  in which any listener asks
        hashes      by user and algorithm, of those whose password is not known
        access      of those who may not come from everywhere
        """
        self._hashes = {
            (user, algorithm): ha1(user, realm, password, algorithm)
            for algorithm in frozenset(algorithms)
            for user, password in passwords.items()
        }
        for user, known in (hashes or {}).items():
            for algorithm, made in known.items():
                self._hashes[user, algorithm] = made
        self._access = {
            user: AddressList(one.allow, one.deny) for user, one in (access or {}).items()
        }

    def ha1(self, user: str, algorithm: str) -> str | None:
        return self._hashes.get((user, algorithm))

    def admits(self, user: str, host: str) -> bool:
        return self._access.get(user, _ANYWHERE).admits(host)
