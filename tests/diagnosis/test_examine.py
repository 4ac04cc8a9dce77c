import numpy as np
import pytest
from PIL import Image

from tuner.diagnosis.examine import MOST_SHOWN, examine
from tuner.diagnosis.folders import case_of_folders


@pytest.fixture
def diagnosis(folders):
    return examine(case_of_folders(*folders))


def test_pale_predictions_are_washed_out(diagnosis):
    assert (diagnosis.symptom, diagnosis.also, diagnosis.study) == ("washed-out", (), "washed-out")
    assert diagnosis.photos == 6
    assert diagnosis.certainty > 0.9
    assert len(diagnosis.worst) == MOST_SHOWN


def test_the_interval_of_what_was_found_holds_it(diagnosis):
    [finding] = diagnosis.findings
    low, high = diagnosis.intervals[finding.measure]
    assert low <= finding.value <= high < finding.threshold


def test_good_predictions_are_healthy(folders):
    predictions, targets = folders
    for path in targets.iterdir():
        (predictions / f"{path.stem}.png").unlink()
        (predictions / path.name).write_bytes(path.read_bytes())
    found = examine(case_of_folders(predictions, targets))
    assert (found.symptom, found.also, found.study) == ("healthy", (), None)


def test_predictions_that_were_written_wrongly_get_no_study(folders):
    predictions, targets = folders
    for path in targets.iterdir():
        photo = Image.open(path).convert("RGB")
        Image.fromarray(np.asarray(photo)[..., ::-1].copy()).save(predictions / f"{path.stem}.png")
    found = examine(case_of_folders(predictions, targets))
    assert found.fault.startswith("red and blue of the predictions are exchanged")
    assert found.study is None
