"""The one error of this package: everything that is wrong with a file, at once."""

from collections.abc import Sequence

from softswitch.routing.finding import Finding


class ConfigurationError(Exception):
    """A configuration that cannot be used; `findings` says why, in the order of the file."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        self.findings = tuple(sorted(findings, key=lambda finding: (finding.line, finding.column)))
        super().__init__("\n".join(str(finding) for finding in self.findings))
