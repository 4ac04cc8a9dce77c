import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuner.spec.scaffold import SCHEMA_LINE, new_study_text
from tuner.spec.study_file import load_study, shipped_studies

SHIPPED = shipped_studies()
CALLED = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", fullmatch=True)
FOLDERS = st.text(min_size=1, max_size=30)
VALUES = st.floats(0.01, 1e4).map(lambda value: float(f"{value:.6g}"))


def loaded(text, preset=None):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "new.yaml")
        path.write_text(text, encoding="utf-8", newline="")
        return load_study(str(path), preset=preset)


def text_like(study, **changes):
    return new_study_text(SHIPPED[study].read_text(encoding="utf-8"), "mine", **changes)


@pytest.mark.parametrize("study", sorted(SHIPPED))
def test_only_what_was_asked_for_differs_from_the_shipped_study(study):
    shipped = load_study(str(SHIPPED[study]))
    weights = dict.fromkeys(shipped.weights, 7.5)
    made = loaded(text_like(study, photos="holiday pictures", weights=weights))
    data = shipped.data.model_copy(update={"photos": "holiday pictures"})
    asked = {"study": "mine", "data": data, "weights": weights}
    assert made == shipped.model_copy(update={**asked, "quick": made.quick})


@given(study=st.sampled_from(sorted(SHIPPED)), name=CALLED, photos=FOLDERS, value=VALUES)
def test_whatever_is_asked_for_is_what_the_file_asks_for(study, name, photos, value):
    text = SHIPPED[study].read_text(encoding="utf-8")
    weights = dict.fromkeys(load_study(str(SHIPPED[study])).weights, value)
    made = loaded(new_study_text(text, name, photos=photos, weights=weights))
    assert (made.study, made.data.photos, dict(made.weights)) == (name, photos, weights)


def test_own_weights_stay_with_quick_too():
    weights = dict.fromkeys(load_study("sepia-fix").weights, 2.5)
    made = loaded(text_like("sepia-fix", weights=weights), preset="quick")
    assert dict(made.weights) == weights
    assert made.combination == 2


def test_without_own_weights_quick_does_what_it_does_in_the_shipped_study():
    made = loaded(text_like("sepia-fix"), preset="quick")
    shipped = load_study("sepia-fix", preset="quick")
    assert made == shipped.model_copy(update={"study": "mine"})


def test_comments_stay_and_editors_are_told_of_the_schema():
    before = SHIPPED["sepia-fix"].read_text(encoding="utf-8")
    after = text_like("sepia-fix", photos="here")
    assert after.startswith(SCHEMA_LINE)
    assert after.count("#") == before.count("#") + 1
    assert "  photos: here              # or a folder of color photos" in after
    assert "#   tuner run --study mine\n" in after
