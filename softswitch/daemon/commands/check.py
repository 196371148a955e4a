"""`softswitch check`: say what is wrong with a configuration, and what looks wrong."""

import os
from collections.abc import Iterator
from pathlib import Path

from media.descriptors import raise_limit
from media.prompts import LONGEST_TEXT, Speech, find_engine
from softswitch.configuration.errors import ConfigurationError
from softswitch.configuration.load import load
from softswitch.daemon.capacity import shortages, usual_workers
from softswitch.daemon.certificates import certificate_findings
from softswitch.daemon.codecs import missing_codecs
from softswitch.daemon.prompts import MISSING_FILE, texts, unplayable_files
from softswitch.routing.finding import Severity
from softswitch.routing.model import Configuration


def check(file: Path) -> tuple[list[str], bool]:
    """Return the lines to print, and whether the configuration can be used."""
    try:
        loaded = load(file, os.environ)
    except ConfigurationError as error:
        return [*map(str, error.findings)], False
    configuration = loaded.configuration
    lines = [str(warning) for warning in loaded.warnings]
    certificates = certificate_findings(loaded.settings.listeners)
    lines += [str(finding) for finding in certificates]
    lines += _prompts(configuration, loaded.settings.state / "prompts")
    lines += [f"warning: {words}" for words in missing_codecs(configuration)]
    short = shortages(loaded.settings, usual_workers(), raise_limit())
    lines += [f"warning: {words}" for words in short]
    if any(finding.severity is Severity.ERROR for finding in certificates):
        return lines, False
    lines.append(f"{file}: can be used: {_contents(configuration)}")
    return lines, True


def _contents(configuration: Configuration) -> str:
    """Return how many there are of what people look for."""
    counts = {
        ("employee", "employees"): configuration.employees,
        ("department", "departments"): configuration.departments,
        ("number", "numbers"): configuration.numbers,
        ("menu", "menus"): configuration.menus,
        ("mailbox", "mailboxes"): configuration.mailboxes,
    }
    return ", ".join(
        f"{len(entries)} {one if len(entries) == 1 else more}"
        for (one, more), entries in counts.items()
    )


def _prompts(configuration: Configuration, directory: Path) -> Iterator[str]:
    """Yield what callers will not hear as it is written."""
    for path, reason in unplayable_files(configuration).items():
        if reason != MISSING_FILE:  # of which there is a warning with its place already
            yield f"warning: {path} cannot be played: {reason}"
    engine = find_engine()
    speech = Speech(directory, engine)
    for text in texts(configuration):
        if len(text) > LONGEST_TEXT:
            yield f'warning: too long to be spoken: "{text[:40]}..."'
        elif engine is None and not speech.path(text).exists():
            yield (
                f'warning: silent prompt, two beeps in its place: "{text[:40]}"; '
                "install flite, or softswitch[tts]"
            )
