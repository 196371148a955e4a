"""What is played for each prompt of a configuration."""

import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import msgspec

from media.prompts import Speech, Spoken
from softswitch.configuration.warnings import is_file
from softswitch.routing.model import Configuration
from softswitch.routing.plan import Prompt

EXAMINED_WITHIN = 30.0
"""Seconds."""

MISSING_FILE = "there is no such file"
MISSING = ("tone:beep", "tone:silence:300", "tone:beep")
"""In place of a text that nobody can speak, and of a file that is not there: two beeps, so that
callers hear that we are."""


class PromptShelf:
    """Finds the sources of prompts, and has texts spoken into files.

    Texts are spoken by a thread that is not the loop's. Until one is done its prompt is MISSING.
    """

    def __init__(self, speech: Speech) -> None:
        self._speech = speech
        self._paths: dict[str, str] = {}
        self._stopping = threading.Event()

    def sources(self, prompt: Prompt) -> tuple[str, ...]:
        """Return what to play; nothing for a prompt that says and plays nothing."""
        if prompt.play:
            return (prompt.play,) if is_file(Path(prompt.play)) else MISSING
        if not prompt.say:
            return ()
        path = self._paths.get(prompt.say)
        return MISSING if path is None else (path,)

    def speak(self, texts: list[str], failed: Callable[[str, str], None]) -> None:
        """Have every text spoken, one after another; blocks for as long as that takes.

        failed  is called with each text that stays silent, and why
        """
        for text in texts:
            if self._stopping.is_set():
                return
            spoken: Spoken = self._speech.say(text)
            if spoken.path is None:
                failed(text, spoken.reason)
            else:
                self._paths[text] = str(spoken.path.absolute())

    def stop(self) -> None:
        """Speak no further text."""
        self._stopping.set()


def texts(configuration: Configuration) -> list[str]:
    """Return every text that is to be spoken, once each, in the order of the configuration."""
    prompts = [box.greeting for box in configuration.mailboxes.values()]
    for menu in configuration.menus.values():
        prompts += [menu.greeting, menu.invalid]
    return list(dict.fromkeys(prompt.say for prompt in prompts if prompt.say))


def unplayable_files(configuration: Configuration) -> dict[Path, str]:
    """Return the files that prompts play and that cannot be played, and why. Takes its time: the
    files are read, by another program."""
    prompts = [box.greeting for box in configuration.mailboxes.values()]
    for menu in configuration.menus.values():
        prompts += [menu.greeting, menu.invalid]
    paths = dict.fromkeys(Path(prompt.play) for prompt in prompts if prompt.play)
    missing = {path: MISSING_FILE for path in paths if not is_file(path)}
    return missing | _broken([str(path) for path in paths if path not in missing])


def _broken(paths: list[str]) -> dict[Path, str]:
    if not paths:
        return {}
    command = [sys.executable, "-m", "media.examine", *paths]
    try:
        done = subprocess.run(command, capture_output=True, timeout=EXAMINED_WITHIN, check=False)
        reasons = msgspec.json.decode(done.stdout, type=dict[str, str])
    except subprocess.TimeoutExpired:
        words = f"the files that are to be played are not read within {EXAMINED_WITHIN:.0f} s"
        return dict.fromkeys(map(Path, paths), words)
    except (OSError, msgspec.MsgspecError):
        return {}  # nobody can say; whoever plays one will
    return {Path(path): reason for path, reason in reasons.items()}
