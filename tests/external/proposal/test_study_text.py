import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tuner.external.proposal.draft import Draft
from tuner.external.proposal.study_text import proposed_study_text
from tuner.spec.study_file import load_study

WORDS = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), max_size=12)
NAMES = st.from_regex(r"[a-z][a-z0-9_]{0,8}", fullmatch=True)


@settings(max_examples=40, deadline=None)
@given(
    words=st.lists(WORDS, min_size=1, max_size=30).map(
        lambda words: [word.replace("{", "{{").replace("}", "}}") for word in words]
    ),
    weights=st.dictionaries(NAMES, st.floats(1e-6, 1e6), min_size=1, max_size=4),
    missing=st.lists(WORDS, max_size=2),
    command=WORDS,
)
def test_whatever_was_proposed_is_what_the_file_asks_for(
    tmp_path_factory, words, weights, missing, command
):
    trainer = {"kind": "command", "run": words, "predictions": "{out}/*.png", "steps": 30}
    draft = Draft(trainer, {}, weights, dict.fromkeys(weights, "--x"), 64, tuple(missing))
    path = tmp_path_factory.mktemp("proposed") / "mine.yaml"
    path.write_text(proposed_study_text(draft, "mine", command), encoding="utf-8")
    spec = load_study(str(path))
    assert list(spec.trainer.run) == words
    assert dict(spec.weights) == {name: float(f"{value:.6g}") for name, value in weights.items()}
    assert [stage.vary for stage in spec.stages] == list(weights)
    assert spec.data.image_size == 64


@pytest.mark.parametrize(
    ("name", "way"),
    [
        ("loss_smooth", "rise"), ("ssim_loss", "rise"), ("val_mae", "rise"), ("kl", "rise"),
        ("seconds", "rise"), ("psnr", "fall"), ("val_accuracy", "fall"), ("sharpness", "fall"),
        ("f1", "fall"),
    ],
)  # fmt: skip
def test_a_guardrail_is_shown_in_the_direction_of_its_number_and_without_a_margin(name, way):
    objective = {"metric": "val_mse", "direction": "minimize"}
    draft = Draft({"kind": "command"}, objective, {"w": 1.0}, {"w": "--w"}, 64, (), (name,))
    text = proposed_study_text(draft, "mine", "train.py")
    assert f"# guardrails: {{metrics: {{{name}: {{may_{way}: HOW_FAR}}}}}}\n" in text
    assert f"# Put a number for HOW_FAR: how far it may {way} at most, in its own unit.\n" in text
