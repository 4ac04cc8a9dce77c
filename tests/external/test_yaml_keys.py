import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from tuner.external.yaml_keys import replace

OPTIONS = """\
# general settings
name: train_ddcolor   # renamed away where it exists
model_type: ColorModel
scale: !!float 1e-3
weights: &w
  pixel: !!float 1e-1
  gan: 1.0
train:
  pixel_opt: {type: L1Loss, loss_weight: 0.1, reduction: mean}
  other: {<<: *w}
  empty:
  anchored: &a 5
  again: *a
  losses:
    - {weight: 1}
    - {weight: 2}
  text: |
    many
    lines
  pickled: !!python/tuple [1, 2]
"""


@pytest.mark.parametrize(
    ("keys", "before", "after"),
    [
        (("name",), "train_ddcolor ", "0.5 "),
        (("scale",), "!!float 1e-3", "0.5"),
        (("weights", "pixel"), "!!float 1e-1", "0.5"),
        (("train", "pixel_opt", "loss_weight"), "0.1,", "0.5,"),
        (("train", "empty"), "empty:", "empty: 0.5"),
        (("train", "anchored"), "&a 5", "&a 0.5"),
        (("train", "losses", 1, "weight"), "weight: 2", "weight: 0.5"),
        (("train", "text"), "|\n    many\n    lines\n", "0.5\n"),
    ],
)
def test_only_the_value_is_another(keys, before, after):
    assert replace(OPTIONS, {keys: 0.5}) == OPTIONS.replace(before, after, 1)


def test_several_values_are_replaced_at_once():
    changed = replace(OPTIONS, {("train", "losses", 0, "weight"): 7, ("name",): "x"})
    assert 'name: "x" ' in changed
    assert "- {weight: 7}" in changed


@pytest.mark.parametrize(
    ("keys", "told"),
    [
        (("trian",), r"has no 'trian' \(did you mean 'train'\?\)"),
        (
            ("train", "pixel_opt", "loss_wieght"),
            r"has no 'train.pixel_opt.loss_wieght' \(did you mean 'train.pixel_opt.loss_weight'",
        ),
        (("train", "losses", 2), r"has no 'train.losses\[2\]'"),
        (("name", "x"), r"has no 'name.x'"),
        (("train",), "has more than one value at 'train'"),
    ],
)
def test_a_key_that_is_not_there_is_refused(keys, told):
    with pytest.raises(ValueError, match=told):
        replace(OPTIONS, {keys: "1"})


LISTS = """\
milestones: [1, 2]   # kept
betas:
  - 0.9
  - 0.99
  # of Adam
resume: a.pth
deep:
  sizes:
  - 1
  last: 2
"""


def test_lists_and_null_are_written_in_place():
    changed = replace(LISTS, {("milestones",): [3, "x"], ("betas",): [0.5, 1e-5],
                              ("resume",): None, ("deep", "sizes"): [4]})  # fmt: skip
    assert yaml.safe_load(changed) == {
        "milestones": [3, "x"], "betas": [0.5, 1e-5], "resume": None,
        "deep": {"sizes": [4], "last": 2},
    }  # fmt: skip
    assert '[3, "x"]   # kept\n' in changed
    assert replace("a:\nb: 1\n", {("a",): [1, 2]}) == "a: [1, 2]\nb: 1\n"


@pytest.mark.parametrize("keys", [("milestones",), ("betas",)])
def test_a_single_value_never_takes_the_place_of_a_list(keys):
    with pytest.raises(ValueError, match="name one of its keys; give a list"):
        replace(LISTS, {keys: 3})


def test_an_empty_file_has_no_keys():
    with pytest.raises(ValueError, match="has no 'a'"):
        replace("", {("a",): "1"})


@given(st.floats(min_value=0, max_value=1e6, allow_subnormal=False))
def test_old_parsers_read_the_number_too(value):
    changed = replace("a: {b: 1e-3, c: x}\n", {("a", "b"): value})
    assert yaml.safe_load(changed) == {"a": {"b": value, "c": "x"}}
