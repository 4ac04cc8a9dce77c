import json

import numpy as np
import pytest
from PIL import Image
from sample_study import START, compared, finished, opened, record

from tuner.errors import StorageError, StudyNotFound, TunerError
from tuner.journal.sample_recorder import last_squares
from tuner.preference.folder import write_folder
from tuner.preference.study import JudgedStudy


def answer_all(sitting, prefers="best"):
    while not sitting.is_over():
        asked = sitting.questions[len(sitting.answers)]
        left = asked.best_is_left == (prefers == "best")
        sitting.answer(len(sitting.answers), "left" if left else "right")
    return sitting


def test_clear_answers_end_the_sitting_early(judged):
    sitting = answer_all(judged.load().sitting(0))
    found = sitting.preference()
    assert (found.verdict, found.share.value, found.share.photos) == ("better", 1.0, 6)
    assert found.share.answers == 20
    # The score prefers the start on the first photo.
    assert found.agreement.value == pytest.approx(np.mean([pair.photo > 0 for pair in found.pairs]))


def test_a_preference_is_recorded_and_the_next_order_is_another(judged):
    study = judged.load()
    found = answer_all(study.sitting(study.next_order), "start").preference()
    study.record(found)
    assert judged.history().preferences == (found,)
    assert (judged.load().next_order, found.verdict) == (1, "worse")
    with pytest.raises(StorageError, match="are in the record of 'sepia-fix'"):
        judged.load().record(found)


def test_an_order_that_was_answered_is_not_asked_again(judged):
    study = judged.load()
    study.record(answer_all(study.sitting(1), "start").preference())
    again = judged.load()
    assert again.next_order == 2
    with pytest.raises(StorageError, match=r"order 1 of .* is answered and recorded"):
        again.sitting(1)


def test_an_interrupted_sitting_goes_on_where_it_was(judged):
    study = judged.load()
    sitting = study.sitting(0)
    sitting.answer(0, "left")
    sitting.answer(0, "right")  # an echo of the first click
    sitting.answer(1, "same")
    study.keep(sitting)
    assert judged.load().sitting(0).answers == ["left", "same"]
    sitting.take_back()
    sitting.take_back()
    study.keep(sitting)
    assert judged.load().sitting(0).answers == []


def test_one_may_end_at_any_time_after_the_first_answer(judged):
    sitting = judged.load().sitting(0)
    sitting.end()
    assert not sitting.is_over()
    sitting.answer(0, "same")
    sitting.end()
    assert sitting.is_over()
    assert sitting.preference().looks == (1,)


def test_pairs_in_a_folder_show_the_sides_that_the_answers_mean(judged, tmp_path):
    study, into = judged.load(), tmp_path / "pairs"
    questions = study.questions(4)
    file = write_folder(into, "sepia-fix", 4, questions, study.pictures)
    for number, asked in enumerate(questions[:4], 1):
        picture = np.asarray(Image.open(into / f"pair-{number:02d}.png"))
        left = int(picture[-30, 30, 0])
        best = 150 + 10 * (asked.seed - 10) + asked.photo
        assert left == (best if asked.best_is_left else best - 100)
    answers = ["left" if one.best_is_left else "right" for one in questions]
    file.write_text(
        "study,order,pair,answer\n"
        + "".join(f"sepia-fix,4,{n},{one}\n" for n, one in enumerate(answers, 1) if n != 2)
    )
    found = study.answered(file)
    assert (found.verdict, found.share.answers, found.order) == ("better", 23, 4)
    assert found.looks == (23,)
    with pytest.raises(StorageError, match="is there already, perhaps with answers"):
        write_folder(into, "sepia-fix", 4, questions, study.pictures)


def test_the_score_of_pictures_is_that_of_the_study(tmp_path):
    from tuner.journal.history_builder import read_history
    from tuner.preference.agreement import gains_of
    from tuner.preference.pictures import Pictures

    random = np.random.default_rng(0)
    photo = random.integers(0, 256, (3, 32, 32, 3)).astype(np.uint8)
    gray = np.broadcast_to(photo.mean(-1, keepdims=True), photo.shape).astype(np.uint8)
    spec = {**opened().spec, "objective": {"lpips": {"trunk": "random"}}}
    folder = record(tmp_path / "own", [opened().model_copy(update={"spec": spec})])
    shown = Pictures(gray, photo, {7: gray, 8: photo}, {7: photo, 8: gray})
    gains = gains_of(shown, read_history(folder))
    assert gains.keys() == {(number, seed) for number in range(3) for seed in (7, 8)}
    for number in range(3):
        assert gains[number, 7] > 0.5
        assert gains[number, 8] == pytest.approx(-gains[number, 7])


NO_GAIN = finished(compared(1.4, 1.39, "no difference"), best_weights=START)


@pytest.mark.parametrize(
    ("events", "told"),
    [
        ([opened()], "is not finished, so it has no confirmed best weights"),
        ([opened(), NO_GAIN], "has no confirmed best weights to show beside the start weights"),
        ([opened(), finished()], "has no pictures to show"),
    ],
)
def test_what_has_nothing_to_show_says_so(tmp_path, events, told):
    with pytest.raises(TunerError, match=told):
        JudgedStudy.load(record(tmp_path / "own", events))


def test_a_picture_that_is_gone_is_named(judged_folder):
    last_squares(judged_folder, 2).unlink()
    with pytest.raises(StudyNotFound, match=r"trial-002/last\.png is not there"):
        JudgedStudy.load(judged_folder)


def test_a_copy_of_a_shared_study_is_refused(judged_folder):
    (judged_folder / "mirror.json").write_text(json.dumps({}))
    with pytest.raises(TunerError, match="is a study of a shared storage"):
        JudgedStudy.load(judged_folder)
