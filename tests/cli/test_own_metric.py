"""A study that scores with a number of its own is told without the words of colors."""

import re
from io import StringIO
from typing import NamedTuple

import pytest
import yaml
from short_study import asked, folder_in

from tuner.cli.live_run import run_live
from tuner.display.pages import print_study
from tuner.errors import TrainerError
from tuner.journal.history_builder import find_history
from tuner.runner.run import run_study
from tuner.spec.objective import GuardrailsSpec
from tuner.spec.study import StudySpec
from tuner.training.scoring import refuse_unmeasured_guardrails

COLOR_WORLD = r"photo|predict|sepia|color|chroma|lpips|golden"


@pytest.fixture
def told(at_terminal, tmp_path):
    """What terminal, best.yaml and report say of such a study, whose gain is confirmed."""
    spec = asked(
        symptom="The fit is flat",
        weights={"penalty": 0.2, "smoothness": 1.0},
        stages=({"vary": "penalty", "values": [0.02, 0.001], "because": "Less pull"},),
        trainer={"kind": "function", "entry": "mine:train", "steps": 10},
        objective={"metric": "psnr", "direction": "maximize"},
    )
    shown = at_terminal(spec, evaluate=lambda trials: [-_psnr(trial) for trial in trials])
    folder = folder_in(tmp_path)
    print_study(find_history(folder), stream=(table := StringIO()))
    report = (folder / "report.html").read_text()
    page = re.sub(r"(?s)<(script|style).*?</\1>|<[^>]*>", " ", report)
    best = yaml.safe_load((folder / "best.yaml").read_text())
    return Told(shown, table.getvalue(), best, page)


class Told(NamedTuple):
    terminal: str
    show: str
    best: dict
    report: str


def _psnr(trial):
    return 14.0 - 20 * trial.weights["penalty"] + trial.seed / 1e4


def texts(told):
    return (
        told.terminal,
        told.show,
        yaml.safe_dump(told.best, width=1000),
        told.report.replace("→", "->"),
    )


def test_no_word_of_another_field_appears(told):
    assert "Confirmed on 2 fresh seeds" in told.terminal
    words = rf"(?i).{{0,40}}(?:{COLOR_WORLD})(?!ization-tuner).{{0,40}}"  # the package's name
    assert [re.findall(words, text) for text in texts(told)] == [[]] * 4


def test_a_number_that_is_maximized_is_read_in_its_own_sign_and_name(told):
    claim = "psnr 10.01 -> 14.01, gain 4.00"
    assert [claim in " ".join(text.split()) for text in texts(told)] == [True] * 4
    assert "baseline seed 1: psnr 10.000" in told.terminal
    assert "Step 1 - Less pull: penalty 0.2 -> 0.0001, psnr 10.00 -> 14.00, better" in told.terminal
    for shown in (told.terminal, told.show, told.report):
        assert (
            re.findall(r"(?i).{0,30}(?:\bscore\b|[^\w]-1[034]\.|lower is better).{0,30}", shown)
            == []
        )


def test_a_run_that_goes_on_tells_what_was_found_before_in_that_number(told, tmp_path, monkeypatch):
    earlier, stream = find_history(folder_in(tmp_path)), StringIO()
    monkeypatch.setattr("tuner.runner.run.run_study", lambda *_, **__: None)
    how = dict.fromkeys(("restart", "record", "anyway"), False)
    spec = StudySpec.model_validate(earlier.spec)
    run_live(spec, tmp_path, earlier, stream, finish=lambda: None, **how)
    assert "Start weights: psnr 10.000" in stream.getvalue()
    before = told.terminal.partition("Step 1 - Less pull")[2].partition("\n")[0]
    assert f"Step 1 - Less pull{before}" in stream.getvalue()


def test_the_record_for_programs_says_which_number_it_holds(told):
    found = told.best["improvement"]
    assert (found["psnr_before"], found["psnr_after"]) == (10.0101, 14.0081)
    assert (found["score_before"], found["score_after"]) == (-10.0101, -14.0081)


def test_guardrails_need_numbers_that_a_function_of_scores_does_not_return():
    spec = asked(guardrails={"metrics": {"psnr": {"may_fall": 0.1}}})
    with pytest.raises(TrainerError, match=r"'evaluate' returns scores alone, without 'psnr'"):
        run_study(spec, evaluate=lambda trials: [0.0 for _ in trials])


def test_a_guardrail_on_scored_photos_names_the_nearest_number_that_is_measured():
    asked_for = GuardrailsSpec(metrics={"pnsr": {"may_fall": 0.1}})
    with pytest.raises(TrainerError, match=r"'pnsr' is not measured.*mean 'psnr'\?"):
        refuse_unmeasured_guardrails(asked_for, ("psnr", "ssim"))
