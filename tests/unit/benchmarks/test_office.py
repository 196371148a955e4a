from pathlib import Path

from benchmarks.office import configuration, extension, password
from softswitch.configuration import load


def test_the_switch_under_test_can_be_configured(tmp_path: Path) -> None:
    path = tmp_path / "switch.yaml"
    path.write_text(configuration(5999, 3))
    settings = load(path, {}).settings
    assert dict(settings.passwords) == {n: password(n) for n in map(extension, range(3))}
    assert settings.listeners[0].port == 5999
