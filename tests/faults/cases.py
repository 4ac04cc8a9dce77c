"""All cases: which fault comes at which moment of which small study."""

from collections.abc import Iterator
from io import BytesIO

from faults.damage import CHANGES, KIND, all_damages, changed, deleted, exchanged
from faults.machine import (
    another_run,
    clock_set_back,
    database_locked,
    no_file_beyond,
    no_inodes,
    only_killed,
    read_only,
)
from faults.records import Case, Fault
from faults.studies import EVALUATED
from small_photos import colorful

STUDY = "tuner-runs/small"
DISK, DATABASE, PROCESS, PHOTOS = "a full disk", "the database", "processes", "the user's photos"


def all_cases() -> list[Case]:
    """Every case of the long form."""
    return [*_evaluated(), *_trained()]


SAMPLE = {
    "journal.jsonl: one bit flipped near its end - evaluated - a stage is judged": "refused",
    "journal.jsonl: cut in half - evaluated - half of a stage is trained": "refused",
    "tuner.db: one bit flipped in its middle - evaluated - a stage is judged": "said",
    "no file grows beyond 3000 bytes - evaluated - a trial has begun": "refused",
    "1 more file can be made - evaluated - a trial has begun": "refused",
    "the database is locked - evaluated - a stage is judged": "refused",
    "the clock is set back by a year - evaluated - half of a stage is trained": "",
    "it is killed, and nothing else - trained - a stage is judged": "",
}
"""A fixed few, of every kind: whether the next run is refused, says something, or just goes on."""


def _evaluated() -> Iterator[Case]:
    files = [
        *all_damages(f"{STUDY}/journal.jsonl", "journal.jsonl"),
        *all_damages("tuner.db", "tuner.db"),
    ]
    machine = [
        *(
            Fault(f"no file grows beyond {size} bytes", DISK, no_file_beyond(size))
            for size in (0, 3000, 9000)
        ),
        *(
            Fault(f"{name} more file can be made", DISK, no_inodes(left))
            for name, left in (("no", 0), ("1", 1))
        ),
        Fault("nothing can be opened for writing", DISK, read_only),
        Fault("the database is locked", DATABASE, database_locked),
        Fault("the clock is set back by a year", "the clock", clock_set_back),
        Fault("another process runs the study", PROCESS, another_run),
    ]
    for moment in EVALUATED.moments:
        for fault in (*files, *machine):
            yield Case("evaluated", moment, fault)


def _trained() -> Iterator[Case]:
    for moment, faults in _training_faults().items():
        for fault in faults:
            yield Case("trained", moment, fault)


def _training_faults() -> dict[str, list[Fault]]:
    """Faults of a study that trains, by moment; a whole study takes seconds, so they are chosen."""
    flip, cut, end = "one bit flipped in its middle", "cut in half", "one bit flipped near its end"
    last, cache = f"{STUDY}/pictures/trial-000/last.png", "tuner-runs/.photos/*"
    return {
        "a start network is in training": [
            _damaged("checkpoint of a start network", f"{STUDY}/checkpoints/start*", flip),
            _damaged("checkpoint of a start network", f"{STUDY}/checkpoints/start*", "emptied"),
            Fault("no file grows beyond 9000 bytes", DISK, no_file_beyond(9000)),
        ],
        "a trial is in training": [
            _damaged("checkpoint of a trial", f"{STUDY}/checkpoints/trial*", flip),
            _damaged("checkpoint of a trial", f"{STUDY}/checkpoints/trial*", cut),
            _damaged("last picture of a trial", last, "emptied"),
        ],
        "the baseline is trained": [
            _damaged("start network", f"{STUDY}/starts/seed-1.*", flip),
            _damaged("start network", f"{STUDY}/starts/seed-1.*", "overwritten with text"),
            Fault("start networks: exchanged", KIND, exchanged(f"{STUDY}/starts/*")),
            _damaged("photo cache", f"{cache}/train.npy", flip),
            _damaged("notes of the photo cache", f"{cache}/patches.json", end),
            _damaged("picture of the gray photos", f"{STUDY}/pictures/gray.png", cut),
            _damaged("last picture of a trial", last, flip, "pictures/"),
            Fault(
                "last pictures of two trials: exchanged",
                KIND,
                exchanged(f"{STUDY}/pictures/*/last.png"),
                "pictures/",
            ),
            Fault("a photo is deleted", PHOTOS, deleted("photos/p1.png"), ".photos/"),
            Fault(
                "a photo is replaced", PHOTOS, changed("photos/p1.png", _another_photo), ".photos/"
            ),
            Fault("9 more files can be made", DISK, no_inodes(9)),
        ],
        "a stage is judged": [Fault("it is killed, and nothing else", PROCESS, only_killed)],
    }


def _damaged(name: str, pattern: str, what: str, lasting: str = "") -> Fault:
    return Fault(f"{name}: {what}", KIND, changed(pattern, CHANGES[what]), lasting)


def _another_photo(_content: bytes) -> bytes:
    written = BytesIO()
    colorful(99, 210, 130).save(written, "PNG")
    return written.getvalue()
