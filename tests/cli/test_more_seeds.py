import pytest
from short_study import asked, folder_in, never, score

from tuner.cli.more_seeds import with_more_seeds
from tuner.errors import StudyChanged, TunerError
from tuner.journal.history_builder import read_history


def loud(trials):
    """As `score`, with so much noise that two seeds confirm nothing."""
    scores = score(trials)
    return [
        one + (0.8 if trial.role == "confirmation" and trial.weights["ab_weight"] > 2
               and trial.seed == 102 else 0.0)
        for one, trial in zip(scores, trials, strict=True)
    ]  # fmt: skip


def test_more_seeds_settle_a_claim_that_was_not_confirmed(at_terminal, tmp_path):
    shown = at_terminal(asked(), evaluate=loud)
    assert "Not confirmed on 2 fresh seeds" in shown
    assert "More seeds may settle it: tuner run --study short --confirm 2" in shown
    spec = with_more_seeds(folder_in(tmp_path), None, 30)
    shown = at_terminal(spec, evaluate=loud)
    assert "Confirmed on 32 fresh seeds (looked at after 2 and 32)" in shown
    assert "looks:\n  - 2\n  - 32" in (folder_in(tmp_path) / "best.yaml").read_text()
    assert "nothing was left to train" in at_terminal(asked(), evaluate=never)


def test_an_interrupted_extension_goes_on_with_either_command(at_terminal, tmp_path):
    at_terminal(asked())

    def broken(trials):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        at_terminal(with_more_seeds(folder_in(tmp_path), None, 3), evaluate=broken)
    again = with_more_seeds(folder_in(tmp_path), None, 3)
    assert again.confirm.extensions == (3,)
    with pytest.raises(StudyChanged, match="on its way to 3 further seeds"):
        with_more_seeds(folder_in(tmp_path), None, 4)
    at_terminal(asked())
    assert len(read_history(folder_in(tmp_path)).finished.confirmation.seeds) == 5


def test_what_cannot_be_extended_says_why(at_terminal, tmp_path):
    at_terminal(asked(), evaluate=lambda trials: [t.seed / 100 for t in trials])
    with pytest.raises(TunerError, match="found nothing better than its start weights"):
        with_more_seeds(folder_in(tmp_path), None, 5)


def test_a_study_that_is_not_finished_is_finished_first(at_terminal, tmp_path):
    def broken(trials):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        at_terminal(asked(), evaluate=broken)
    with pytest.raises(TunerError, match="is not finished"):
        with_more_seeds(folder_in(tmp_path), None, 5)
