"""`softswitch password`: what to write into the configuration in the place of a password."""

import os
from collections.abc import Callable
from pathlib import Path

from softswitch.configuration.errors import ConfigurationError
from softswitch.configuration.load import load_network
from softswitch.configuration.schema import NetworkSection
from softswitch.sip.digest import ALGORITHMS, ha1


class Unusable(Exception):
    """No hash can be made of that."""


def lines(
    extension: str, config: Path | None, realm: str, read_password: Callable[[], str]
) -> list[str]:
    """Return lines for the employee `extension`, in the algorithms that the listeners ask for.

    config         gives realm and algorithms, whatever its other sections lack; None for those of
                   `realm`, in all algorithms
    read_password  is asked once everything else is right

    Raises Unusable.
    """
    if not (extension.isascii() and extension.isdigit()):
        raise Unusable(f"{extension} is no extension: expected digits")
    algorithms = sorted(ALGORITHMS)
    if config is not None:
        network = _network(config)
        realm = network.realm
        algorithms = sorted({one.upper() for listener in network.listen for one in listener.digest})
    password = read_password()
    if not password or not password.isprintable():
        raise Unusable("expected a password of one line")
    return [
        f"  {extension}:",
        f"    ha1:  # of realm {realm!r}: when that changes, these are worth nothing",
        *(f"      {one.lower()}: {ha1(extension, realm, password, one)}" for one in algorithms),
    ]


def _network(config: Path) -> NetworkSection:
    try:
        return load_network(config, os.environ)
    except ConfigurationError as error:
        raise Unusable(str(error)) from error
