"""A finished study goes on at the terminal, without --restart."""

import pytest
import yaml
from short_study import asked, folder_in, never, score

from tuner.errors import StudyChanged
from tuner.journal.history_builder import read_history

EMPHASIZE = {"vary": "ab_weight", "values": [4, 8], "because": "Emphasize chrominance"}
REDUCE = {"vary": "perceptual_weight", "values": [0.3, 0.5], "because": "Reduce perceptual"}


def both(trials):
    """As `score`, with a best value of the other weight, too."""
    better = [trial.weights["perceptual_weight"] for trial in trials]
    return [one + 3 * abs(b - 0.4) for one, b in zip(score(trials), better, strict=True)]


def stages(*more):
    return asked(stages=(EMPHASIZE, *more))


def test_a_further_stage_goes_on_from_what_was_decided(at_terminal, tmp_path):
    at_terminal(stages(), evaluate=both)
    before = read_history(folder_in(tmp_path))
    trained = []

    def counted(trials):
        trained.extend(trials)
        return both(trials)

    shown = at_terminal(stages(REDUCE), evaluate=counted)
    assert "'short' goes on where it ended, with 1 more stage (perceptual_weight)" in shown
    assert "Claimed before the study went on: Confirmed on 2 fresh seeds" in shown
    after = read_history(folder_in(tmp_path))
    assert {t.number for t in trained}.isdisjoint(before.results)
    assert after.stages[0] == before.stages[0]
    (part,) = after.parts
    assert part.finished == before.finished
    assert part.combination == before.combination
    assert set(after.finished.confirmation.seeds) == {103, 104}
    assert after.finished.best_weights["perceptual_weight"] < 1
    assert "nothing was left to train" in at_terminal(stages(REDUCE), evaluate=never)


def test_the_files_tell_both_claims(at_terminal, tmp_path):
    at_terminal(stages(), evaluate=both)
    at_terminal(stages(REDUCE), evaluate=both)
    folder = folder_in(tmp_path)
    best = yaml.safe_load((folder / "best.yaml").read_text())
    assert [claim["seeds"] for claim in best["claims"]] == [[101, 102], [103, 104]]
    assert best["improvement"]["seeds"] == [103, 104]
    assert "Claimed before the study went on" in (folder / "report.html").read_text()


def test_a_study_that_was_killed_on_its_way_goes_on(at_terminal, tmp_path):
    at_terminal(stages(), evaluate=both)
    batches = []

    def breaks(trials):
        if len(batches) == 2:
            raise KeyboardInterrupt
        batches.append(trials)
        return both(trials)

    with pytest.raises(KeyboardInterrupt):
        at_terminal(stages(REDUCE), evaluate=breaks)
    again = []

    def counted(trials):
        again.extend(trials)
        return both(trials)

    at_terminal(stages(REDUCE), evaluate=counted)
    seen = {(str(trial.weights), trial.seed) for batch in batches for trial in batch}
    assert seen.isdisjoint((str(trial.weights), trial.seed) for trial in again)
    with pytest.raises(StudyChanged, match="stages\\[1\\]: another one, or gone"):
        at_terminal(stages(), evaluate=never)


def test_more_seeds_in_the_file_are_added_to_the_claim(at_terminal, tmp_path):
    at_terminal(stages(), evaluate=both)
    wider = asked(stages=(EMPHASIZE,), repeats={"baseline": 2, "decide": 2, "confirm": 5})
    shown = at_terminal(wider, evaluate=both)
    assert "on 5 fresh seeds (looked at after 2 and 5)" in shown
    twice = wider.model_copy(update={"confirm": wider.confirm.model_copy(update={"looks": 2})})
    again = at_terminal(twice, evaluate=never)
    assert "nothing was left to train" in again
    assert "'short' was begun with confirm.looks 1" in again
