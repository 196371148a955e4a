"""What can be used and still looks like a mistake, of what routing does not see."""

from softswitch.configuration.document import Document
from softswitch.configuration.settings import Settings
from softswitch.routing.check import check
from softswitch.routing.finding import Finding, Severity
from softswitch.routing.model import Configuration

SHORTEST_PASSWORD = 8


def warnings_of(
    configuration: Configuration, settings: Settings, document: Document
) -> tuple[Finding, ...]:
    """Return every warning, in the order of the file."""
    found = [*check(configuration), *_weak_passwords(settings, document)]
    return tuple(sorted(found, key=lambda finding: (finding.line, finding.column)))


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
