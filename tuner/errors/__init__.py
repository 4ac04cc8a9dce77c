"""The ways in which a command can end early.

    TunerError              something the user can fix: one sentence, exit code 1
    |-- StudyFileError      mistakes in a study file, all of them at once
    |-- PhotosError         a folder of photos that cannot be used
    |-- TrainerError        a trainer, model or network that cannot be used
    |-- StorageError        a place on disk or a database that cannot be used
    |-- StudyChanged        the study on disk has other settings than the study file
    `-- StudyNotFound       no study of that name

Any other exception is a bug of the tuner (exit code 3); Ctrl-C, SIGTERM and a closed
terminal end with 130; a machine without memory is no bug either, and ends with 1.
A training that diverges is none of these: it is a result (`results.TrialResult`).
"""

import errno

NO_MEMORY = ("can't allocate memory", "can't start new thread")
"""What torch on a CPU and Python say of a lack of memory, in a plain RuntimeError."""


class TunerError(Exception):
    """A problem the user can fix; its text is one sentence that says what and how."""


class StudyFileError(TunerError):
    """A study file with mistakes.

    Args:
        mistakes: One sentence for each mistake, `place: what is wrong (what is allowed)`.
    """

    def __init__(self, mistakes: tuple[str, ...]) -> None:
        super().__init__("\n".join(mistakes))
        self.mistakes = mistakes


class PhotosError(TunerError):
    """Photos that cannot be read, or are too few, or have no color."""


class TrainerError(TunerError):
    """A trainer, model, loss or network that does not fit the study."""


class OutOfMemory(TrainerError):
    """A training that does not fit into the memory of this device, but may fit into another's."""


class StorageError(TunerError):
    """A folder, file or database that cannot be read or written."""


class RecordInterrupted(Exception):
    """No memory was left while an event was recorded: the journal may have it, this process not.

    So nothing is tried again here, as a training would be that does not fit: the next run reads
    the journal.
    """


class StudyChanged(TunerError):
    """The study was started with other settings than the present ones."""


class StudyNotFound(TunerError):
    """There is no study of this name."""


def is_lack_of_memory(error: BaseException) -> bool:
    """Whether a machine or a device has no memory left, which is the fault of no code.

    Torch has an exception for it on a GPU, and none on a CPU; it is told by its name, as torch is
    loaded late.
    """
    if isinstance(error, OSError):
        return error.errno == errno.ENOMEM
    if (
        isinstance(error, MemoryError | RecordInterrupted)
        or type(error).__name__ == "OutOfMemoryError"
    ):
        return True
    return isinstance(error, RuntimeError) and any(sign in str(error) for sign in NO_MEMORY)
