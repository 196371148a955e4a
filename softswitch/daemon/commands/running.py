"""How commands reach a running switch."""

import os
from pathlib import Path
from typing import TypeVar

from softswitch.configuration.errors import ConfigurationError
from softswitch.configuration.load import load
from softswitch.daemon.control import NotRunning, NotUnderstood, Question, ask

Answered = TypeVar("Answered")


class Unanswered(Exception):
    """There is nobody to ask, or no way to find out whom."""


def ask_running(
    file: Path | None, state: Path | None, question: Question, answered: type[Answered]
) -> Answered:
    """Return what the switch answers that runs on `file`, or on the directory `state`.

    Raises Unanswered.
    """
    try:
        directory = state or load(file or Path(), os.environ).settings.state
        return ask(directory, question, answered)
    except (ConfigurationError, NotRunning, NotUnderstood) as error:
        raise Unanswered(str(error)) from error
