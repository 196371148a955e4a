import shutil
from pathlib import Path

import numpy as np
import pytest
import soundfile

from media.prompts import Flite, Speech
from softswitch.configuration.load import parse
from softswitch.daemon.prompts import MISSING, MISSING_FILE, PromptShelf, texts, unplayable_files
from softswitch.routing.model import Configuration
from softswitch.routing.plan import Prompt


def configuration(folder: Path) -> Configuration:
    text = """
        employees: {101: {password: long-enough}}
        voicemail:
            office: {greeting: {say: "Leave a message."}}
            sales: {greeting: {play: hi.wav}}
        menus: {main: {greeting: {say: "Press 1."}, keys: {1: voicemail office},
                nothing_pressed: {to: voicemail sales}, invalid: {say: "Press 1."}}}
    """
    return parse(text, folder, {}).configuration


def test_every_text_is_spoken_once(tmp_path: Path) -> None:
    assert texts(configuration(tmp_path)) == ["Leave a message.", "Press 1."]


def test_files_that_cannot_be_played_are_named_and_why(tmp_path: Path) -> None:
    path = tmp_path / "hi.wav"
    assert unplayable_files(configuration(tmp_path)) == {path: MISSING_FILE}
    path.write_text("no sound")
    [(named, reason)] = unplayable_files(configuration(tmp_path)).items()
    assert named == path
    assert "ormat" in reason
    soundfile.write(path, np.zeros(800), 8000)
    assert unplayable_files(configuration(tmp_path)) == {}


def test_a_text_that_nobody_can_speak_is_two_beeps(tmp_path: Path) -> None:
    silent: list[tuple[str, str]] = []
    shelf = PromptShelf(Speech(tmp_path, None))
    shelf.speak(["Hello."], lambda text, reason: silent.append((text, reason)))
    assert [text for text, _ in silent] == ["Hello."]
    assert shelf.sources(Prompt(say="Hello.")) == MISSING


def test_a_file_is_played_once_it_is_there_and_nothing_is_nothing(tmp_path: Path) -> None:
    shelf = PromptShelf(Speech(tmp_path, None))
    file = tmp_path / "a.wav"
    assert shelf.sources(Prompt(play=str(file))) == MISSING
    file.touch()
    assert shelf.sources(Prompt(play=str(file))) == (str(file),)
    assert shelf.sources(Prompt()) == ()


def test_a_text_becomes_a_file(tmp_path: Path) -> None:
    flite = shutil.which("flite")
    if flite is None:
        pytest.skip("flite is not installed")
    shelf = PromptShelf(Speech(tmp_path, Flite(flite)))
    shelf.speak(["Hello."], lambda text, reason: pytest.fail(reason))
    [path] = shelf.sources(Prompt(say="Hello."))
    assert Path(path).stat().st_size > 1000


def test_a_switch_that_stops_speaks_no_further(tmp_path: Path) -> None:
    shelf = PromptShelf(Speech(tmp_path, None))
    shelf.stop()
    shelf.speak(["Hello."], lambda text, reason: pytest.fail(reason))
