import pytest
from faults.commands.harness import command_harness
from faults.commands.mounts import may_mount

SAMPLE = {
    "SIGKILL before a file is changed - evaluated command - file 16": "ended, then equal",
    "SIGTERM, once - evaluated command - event 8": "ended, then equal",
    "SIGHUP, once - evaluated command - event 3": "ended, then equal",
    "SIGINT, twice - evaluated command - event 2": "ended, then equal",
    "an allocation fails - evaluated command - event 6": "refused, then equal",
    "locked by another program until the end - evaluated command - event 2": "refused, then equal",
    "held still while another run is tried - evaluated command - event 4": "equal",
}
ON_A_REAL_DISK = {
    "so many pages of 4 kB are free - evaluated command - 20 pages": "refused, then equal",
    "so many files can be made - evaluated command - 3 files": "refused, then equal",
    "mounted read-only - evaluated command - from the start": "refused, then equal",
}
"""Only where this process may mount one; `test_faults.py` has disks that are full by injection."""
CASES = SAMPLE | (ON_A_REAL_DISK if may_mount() else {})


@pytest.fixture(scope="module")
def harness(tmp_path_factory):
    with command_harness(tmp_path_factory.mktemp("commands"), ["evaluated"]) as ready:
        ready.by_name = {case.name: case for case in ready.cases("evaluated")}
        yield ready


@pytest.mark.parametrize("name", CASES)
def test_a_command_that_was_disturbed_ends_as_promised_and_goes_on_as_if_it_was_not(harness, name):
    assert harness.attempt(harness.by_name[name]) == (CASES[name], ())
