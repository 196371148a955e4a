"""What can be used and still looks like a mistake, of what routing does not see."""

from collections.abc import Iterator
from pathlib import Path

from softswitch.configuration.document import Document
from softswitch.configuration.settings import Settings
from softswitch.routing.check import check
from softswitch.routing.finding import Finding, Severity
from softswitch.routing.model import Configuration

SHORTEST_PASSWORD = 8
EXAMPLE = "change-me"
"""What the passwords of the files in `config/` begin with."""


def warnings_of(
    configuration: Configuration, settings: Settings, document: Document
) -> tuple[Finding, ...]:
    """Return every warning, in the order of the file."""
    found = [
        *check(configuration),
        *_weak_passwords(settings, document),
        *_example_passwords(settings, document),
        *_missing_prompts(configuration),
        *_proxies(document),
        *_idle_certificates(settings, document),
        *_recorded(configuration),
    ]
    return tuple(sorted(found, key=lambda finding: (finding.line, finding.column)))


def _missing_prompts(configuration: Configuration) -> Iterator[Finding]:
    prompts = [(menu.source, menu.greeting) for menu in configuration.menus.values()]
    prompts += [(menu.source, menu.invalid) for menu in configuration.menus.values()]
    prompts += [(box.source, box.greeting) for box in configuration.mailboxes.values()]
    for source, prompt in prompts:
        if prompt.play and not is_file(Path(prompt.play)):
            yield Finding(
                Severity.WARNING,
                f"{source.rule}: there is no file {prompt.play}, so callers hear two beeps",
                source.file,
                source.line,
                source.column,
            )


def is_file(path: Path) -> bool:
    """Whether there is a file; there is none where there can be none."""
    try:
        return path.is_file()
    except OSError:  # such as a name that is too long
        return False


def _proxies(document: Document) -> Iterator[Finding]:
    """Say what calls give up that are passed on."""
    root = document.root if isinstance(document.root, dict) else {}
    network = root.get("network")
    listen = network.get("listen") if isinstance(network, dict) else None
    for place, listener in enumerate(listen if isinstance(listen, list) else ()):
        if not isinstance(listener, dict) or str(listener.get("mode")).lower() != "proxy":
            continue
        yield Finding(
            Severity.WARNING,
            "calls from here to an extension ring its phones and nothing else: for them there is "
            "no record, no forwarding and no mailbox; call_duration, silence, silence_on_hold and "
            "session_timer end none of them",
            document.file,
            *document.position(("network", "listen", place, "mode")),
        )


def _recorded(configuration: Configuration) -> Iterator[Finding]:
    """Say that nobody is told; in most countries somebody has to."""
    for employee in configuration.employees.values():
        if employee.is_recorded:
            yield Finding(
                Severity.WARNING,
                f"calls of {employee.extension} are recorded, and the switch does not tell those "
                "who call: see that they know",
                employee.source.file,
                employee.source.line,
                employee.source.column,
            )


def _weak_passwords(settings: Settings, document: Document) -> list[Finding]:
    return [
        Finding(
            Severity.WARNING,
            f"the password of {extension} has fewer than {SHORTEST_PASSWORD} characters",
            document.file,
            *document.position(("employees", extension, "password")),
        )
        for extension, password in settings.passwords.items()
        if len(password) < SHORTEST_PASSWORD
    ]


def _example_passwords(settings: Settings, document: Document) -> Iterator[Finding]:
    """Say whose passwords are published, once for all of them."""
    passwords = settings.passwords
    exposed = [one for one in passwords if passwords[one].lower().startswith(EXAMPLE)]
    if exposed:
        one_or_more = (
            f"password of {exposed[0]} is that"
            if len(exposed) == 1
            else f"passwords of {', '.join(exposed)} are those"
        )
        yield Finding(
            Severity.WARNING,
            f"the {one_or_more} of the example files, which everybody knows: "
            f"change {'it' if len(exposed) == 1 else 'them'}",
            document.file,
            *document.position(("employees", exposed[0], "password")),
        )


def _idle_certificates(settings: Settings, document: Document) -> Iterator[Finding]:
    """Say what of certificates stands there for nothing."""
    used = {
        source.rule
        for listener in settings.listeners
        if listener.tls is not None
        for source in listener.tls.sources.values()
    }
    for key in ("certificate", "key", "authority"):
        rule = f"network.{key}"
        if ("network", key) in document.keys and rule not in used:
            yield Finding(
                Severity.WARNING,
                f"{rule}: no listener uses it; one of tls or wss would",
                document.file,
                *document.key_position(("network", key)),
            )
