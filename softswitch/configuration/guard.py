"""What keeps strangers out, from the file's words to settings."""

from softswitch.configuration.document import Document
from softswitch.configuration.schema import Root, Security
from softswitch.configuration.settings import Access, Guard
from softswitch.sip.settings import (
    BanSettings,
    OverloadSettings,
    PaceSettings,
    SubscriptionSettings,
)


def guard(security: Security) -> Guard:
    bans = security.bans
    return Guard(
        bans=BanSettings(
            failures=bans.failures,
            failures_of_host=bans.failures_of_host,
            failures_of_host_in_hour=bans.failures_of_host_in_hour,
            within=bans.within,
            first=bans.first,
            longest=max(bans.first, bans.longest),
            never=tuple(security.never_ban),
        ),
        pace=PaceSettings(
            security.calls_per_second,
            security.extension_calls_per_second,
            requests_of_extension=security.extension_requests_per_second,
        ),
        overload=OverloadSettings(lag=0.0 if security.overload == "off" else security.overload),
        calls_of_extension=security.extension_calls,
        subscriptions=SubscriptionSettings(
            security.subscriptions, security.extension_subscriptions
        ),
        strangers=security.strangers_per_second,
        phone=security.phone_messages_per_second,
        scanners=tuple(security.scanners),
        datagram=security.datagram_size,
        message=security.message_size,
    )


def passwords(root: Root) -> dict[str, str]:
    """Return those that are known, by extension."""
    return {
        extension: employee.password
        for extension, employee in root.employees.items()
        if employee.password is not None
    }


def hashes(root: Root, document: Document) -> dict[str, dict[str, str]]:
    """Return those of extensions whose password is not known, by algorithm.

    Complain of each that is missing: a phone answers the first challenge that it understands, and
    could never prove its password in an algorithm of which there is no hash.
    """
    wanted = dict.fromkeys(one for listener in root.network.listen for one in listener.digest)
    found: dict[str, dict[str, str]] = {}
    for extension, employee in root.employees.items():
        if employee.ha1 is None:
            continue
        missing = [algorithm for algorithm in wanted if algorithm not in employee.ha1]
        if missing:
            document.complain(
                f"employees.{extension}.ha1: a listener asks for {', '.join(missing)}, of which "
                "there is no hash here",
                document.key_position(("employees", extension, "ha1")),
            )
        found[extension] = {name.upper(): made for name, made in employee.ha1.items()}
    return found


def access(root: Root) -> dict[str, Access]:
    """Return from where extensions may be used that may not be from everywhere."""
    return {
        extension: Access(tuple(employee.allow), tuple(employee.deny))
        for extension, employee in root.employees.items()
        if employee.allow or employee.deny
    }
