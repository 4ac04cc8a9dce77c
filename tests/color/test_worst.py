import pytest
import torch

from tuner.color.measures import Photos, read_colors
from tuner.color.worst import worst_photos
from tuner.guide.cures import CURES

SPOILS = {
    "gray": "gray",
    "washed-out": "chroma x0.5",
    "too-vibrant": "chroma x2",
    "brightness": "L + 10",
    "sepia-cast": "sepia wash",
    "purple-cast": "purple wash",
    "wrong-objects": "opposite hues",
    "channel-balance": "purple wash",
    "bleeding": "displaced",
    None: "opposite hues",
}


def test_every_symptom_can_be_shown():
    assert set(SPOILS) == {*CURES, None}


@pytest.mark.parametrize(("symptom", "distortion"), SPOILS.items())
def test_photos_that_are_spoiled_come_before_those_that_are_not(
    distorted, photos, symptom, distortion
):
    chosen = [5, 12, 41]
    prediction = photos.clone()
    prediction[chosen] = distorted[distortion][chosen]
    reading = read_colors(Photos.of(prediction), Photos.of(photos))
    assert sorted(worst_photos(reading, symptom, 3)) == chosen


def test_no_more_are_shown_than_there_are(photos):
    reading = read_colors(Photos.of(photos[:2]), Photos.of(photos[:2]))
    assert sorted(worst_photos(reading, None, 6)) == [0, 1]
    assert torch.is_tensor(reading.values["hue_error"])
