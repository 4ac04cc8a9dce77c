import errno
import os

import pytest

from tuner.errors import StorageError
from tuner.external.disk_room import refuse_without_room


def test_where_there_is_room_a_failure_is_the_trials_own(tmp_path):
    refuse_without_room(tmp_path, ["RuntimeError: CUDA out of memory", ""])
    refuse_without_room(tmp_path / "gone", [])
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_a_script_that_prints_it_had_no_room_did_not_fail(tmp_path, number):
    lines = ["step 3", f"OSError: [Errno {number}] {os.strerror(number)}: 'net.pt'"]
    with pytest.raises(StorageError, match=r"there was no room \(it printed: OSError: .*net"):
        refuse_without_room(tmp_path, lines)


def test_a_place_where_nothing_can_be_written_is_noticed_whatever_was_printed(
    tmp_path, monkeypatch
):
    def full(**_where):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("tuner.external.disk_room.tempfile.TemporaryFile", full)
    with pytest.raises(StorageError, match=r"no room \(No space left on device\); it counts"):
        refuse_without_room(tmp_path)
