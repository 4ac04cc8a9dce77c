import json

from hypothesis import given
from hypothesis import strategies as st
from made_up import damaged, sentence_or_result, tried

from tuner import load_study
from tuner.errors.masking import masked
from tuner.spec.changes import describe_changes
from tuner.spec.comparison import compare_weights
from tuner.spec.plan import make_plan
from tuner.spec.study_file import dump_study, recorded_study, shipped_studies
from tuner.spec.trial_count import most

FILES = [path.read_bytes() for path in shipped_studies().values()]
SCRIPT = b"""study: mine
weights: {l1: 1.0, "gan,x=1": 0.5}
trainer: {kind: command, run: [python, train.py, "{weights.l1}"], env: {API_KEY: hidden},
  metrics: {jsonl: "{out}/m.jsonl"}, set: [{file: a.yaml, keys: {a.b: "{weights.l1}"}}]}
objective: {metric: loss}
stages: [{vary: l1, values: [1, 2]}]
"""
EXPORTED = b"""study: sepia-fix
weights: {perceptual_weight: 1.0, l_weight: 1.0, ab_weight: 4.0, saturation_weight: 0.5}
improvement: {claim: Confirmed, gain: 0.1, interval: [0.05, 0.15], seeds: [101, 102]}
provenance: {study_uid: abc, seeds: [1, 2]}
"""
KEYS = (
    "trainer.steps", "weights.ab_weight", "stages[0].values", "bounds.l_weight[1]", "seed",
    "data.photos", "budget.max_trials", "stages[99999]", "trainer.env.A", "a..b", "",
)  # fmt: skip
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=6,
)


@tried
@given(content=damaged(*FILES, SCRIPT))
def test_a_study_file_is_read_or_refused(tmp_path_factory, content):
    path = tmp_path_factory.getbasetemp() / "study.yaml"
    path.write_bytes(content)
    with sentence_or_result():
        spec = load_study(str(path))
        plan = make_plan(spec)
        assert most(plan).trials > 0
        path.write_text(dump_study(spec), encoding="utf-8")
        assert load_study(str(path)) == spec


@tried
@given(key=st.sampled_from(KEYS) | st.text(max_size=20), value=anything)
def test_an_override_is_taken_or_refused(key, value):
    with sentence_or_result():
        make_plan(load_study("sepia-fix", {key: value}))


@tried
@given(content=damaged(json.dumps(load_study("sepia-fix").model_dump(mode="json")).encode()))
def test_a_recorded_study_is_read_or_refused(content):
    with sentence_or_result():
        try:
            values = json.loads(content)
        except (ValueError, RecursionError):
            return
        if isinstance(values, dict):
            describe_changes(recorded_study(values), load_study("sepia-fix"))


@tried
@given(content=damaged(EXPORTED, FILES[0]))
def test_an_exported_file_is_read_back_or_refused(tmp_path_factory, content):
    path = tmp_path_factory.getbasetemp() / "best.yaml"
    path.write_bytes(content)
    with sentence_or_result():
        compare_weights("start", str(path), load_study, study="sepia-fix")


@tried
@given(text=st.text(), secret=st.text(st.characters(blacklist_categories=["Cs"]), min_size=1))
def test_every_text_can_be_masked(text, secret):
    assert masked(masked(f"{text} http://me:{secret}@h")) == masked(f"{text} http://me:{secret}@h")
