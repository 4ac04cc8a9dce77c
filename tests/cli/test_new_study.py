import pytest

from tuner.cli.new_study import write_new_study
from tuner.errors import StorageError, TunerError
from tuner.spec.json_schema import schema_text
from tuner.spec.study_file import list_studies, load_study


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("symptom", "like"),
    [
        (None, "all-weights"),
        ("healthy", "all-weights"),
        ("purple-cast", "sepia-fix"),
        ("gray", "gray-output"),
        ("wild-colors", "wild-colors"),
    ],
)
def test_a_symptom_leads_to_the_study_that_treats_it(symptom, like):
    new = write_new_study("mine", symptom)
    assert new.like == like
    assert new.spec.stages == load_study(like).stages
    assert [heading.name for heading in list_studies() if not heading.shipped] == ["mine"]


def test_the_schema_lies_beside_the_study_and_is_kept_new(home):
    (home / "studies").mkdir()
    schema = home / "studies" / "schema.json"
    schema.write_text(schema_text().replace("studied", "")[:2000])
    assert write_new_study("mine").has_schema
    assert schema.read_text() == schema_text()


def test_a_schema_that_is_not_ours_is_left_alone(home):
    (home / "studies").mkdir()
    (home / "studies" / "schema.json").write_text("{}")
    assert not write_new_study("mine").has_schema
    assert (home / "studies" / "schema.json").read_text() == "{}"


@pytest.mark.parametrize(
    ("weights", "found"),
    [
        ("ab_weight=4, l_weight=5e-1", [1.0, 0.5, 4.0, 0.1]),
        ("vibrant", [0.3, 0.2, 4.0, 1.0]),
    ],
)
def test_weights_that_are_not_named_stay(weights, found):
    assert list(write_new_study("mine", "sepia-cast", weights=weights).spec.weights.values()) == (
        found
    )


def test_a_weight_of_one_channel_can_be_added():
    new = write_new_study("mine", "brightness", weights="b_weight=2")
    assert new.spec.weights["b_weight"] == 2.0


def test_a_study_that_is_there_is_only_overwritten_by_force(home):
    path = write_new_study("mine").path
    path.write_text("mine alone")
    with pytest.raises(StorageError, match="is there already; choose another name, or add --force"):
        write_new_study("mine")
    assert path.read_text() == "mine alone"
    assert write_new_study("mine", force=True).path.read_text() != "mine alone"


def test_a_namesake_of_a_shipped_study_is_told():
    assert write_new_study("sepia-fix").hides
    assert not write_new_study("mine").hides


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({"name": "my study"}, "'my study' is no name of a study"),
        ({"name": "../mine"}, "'../mine' is no name of a study"),
        ({"symptom": "bleeding"}, "init: there is no study for 'bleeding': no weight of the loss"),
        ({"symptom": "sepia_cast"}, "unknown symptom 'sepia_cast' (did you mean 'sepia-cast'?)"),
        ({"symptom": "9"}, "(allowed: 'gray', 'brightness', "),
        ({"weights": "ab=4"}, "unknown weight 'ab' (did you mean 'ab_weight'?)"),
        ({"weights": "balancd"}, "no '=' in it"),
        ({"weights": "ab_weight=-1"}, "got '-1', expected a number of at least 0"),
        (
            {"weights": "perceptual_weight=0,l_weight=0,ab_weight=0,saturation_weight=0"},
            "all are 0, expected at least one above 0",
        ),
        ({"photos": "nowhere"}, "--photos: there is no folder 'nowhere'"),
    ],
)
def test_what_cannot_be_meant_is_refused_and_nothing_is_written(home, asked, told):
    with pytest.raises(TunerError) as refused:
        write_new_study(**{"name": "mine", **asked})
    assert told in str(refused.value)
    assert list(home.iterdir()) == []


def test_a_place_that_cannot_be_written_is_told(home):
    (home / "studies").write_text("a file")
    with pytest.raises(StorageError, match="studies"):
        write_new_study("mine")
