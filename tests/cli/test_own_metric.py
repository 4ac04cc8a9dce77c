"""A study that scores with a number of its own is told without the words of colors."""

import re

import pytest
import yaml
from short_study import asked, folder_in

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
    shown = at_terminal(spec, evaluate=lambda trials: [t.weights["penalty"] for t in trials])
    folder = folder_in(tmp_path)
    report = (folder / "report.html").read_text()
    page = re.sub(r"(?s)<(script|style).*?</\1>|<[^>]*>", " ", report)
    best = yaml.safe_load((folder / "best.yaml").read_text())
    del best["provenance"]["settings"]  # the whole study file, with all its defaults
    return shown, yaml.safe_dump(best), page


def test_no_word_of_another_field_appears(told):
    assert "Confirmed on 2 fresh seeds" in told[0]
    words = rf"(?i).{{0,40}}(?:{COLOR_WORLD})(?!ization-tuner).{{0,40}}"  # the package's name
    assert [re.findall(words, text) for text in told] == [[], [], []]
