import os
from pathlib import Path

import pytest

from softswitch.daemon.instance import AlreadyRunning, InstanceLock


def test_a_second_switch_on_the_same_directory_is_refused(tmp_path: Path) -> None:
    first = InstanceLock(tmp_path)
    with pytest.raises(AlreadyRunning, match=f"process {os.getpid()}.*{tmp_path}"):
        InstanceLock(tmp_path)
    first.release()
    InstanceLock(tmp_path).release()


def test_a_directory_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="No such file"):
        InstanceLock(tmp_path / "missing")
