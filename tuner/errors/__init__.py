"""The ways in which a command can end early.

    TunerError              something the user can fix: one sentence, exit code 1
    |-- StudyFileError      mistakes in a study file, all of them at once
    |-- PhotosError         a folder of photos that cannot be used
    |-- TrainerError        a trainer, model or network that cannot be used
    |-- StorageError        a place on disk or a database that cannot be used
    |-- StudyChanged        the study on disk has other settings than the study file
    `-- StudyNotFound       no study of that name

Any other exception is a bug of the tuner (exit code 3); Ctrl-C and SIGTERM end with 130.
A training that diverges is none of these: it is a result (`results.TrialResult`).
"""


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


class StudyChanged(TunerError):
    """The study was started with other settings than the present ones."""


class StudyNotFound(TunerError):
    """There is no study of this name."""
