"""The sample photographs: color pictures that are already on disk, inside other packages.

scikit-image and scikit-learn carry them inside their wheels, so nothing is downloaded and
neither package is imported (that would cost a second).
"""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from tuner.errors import PhotosError

# Left out on purpose, all from scikit-image:
#   hubble_deep_field   black sky; its color is in dots of a few pixels
#   retina              one red hue everywhere, so a plain wash would get the best score
#   motorcycle_right    the scene of motorcycle_left again, so it would leak into the held-out side
#   color, logo         drawings
SKIMAGE = (
    "astronaut.png",
    "chelsea.png",
    "coffee.png",
    "ihc.png",
    "motorcycle_left.png",
    "rocket.jpg",
)
SKLEARN = ("china.jpg", "flower.jpg")

_HOMES = (
    ("skimage", "scikit-image", "data", SKIMAGE),
    ("sklearn", "scikit-learn", "datasets/images", SKLEARN),
)


def sample_pictures() -> dict[str, Path]:
    """The sample photographs, by name such as `coffee`.

    Raises:
        PhotosError: A package, or a picture inside it, is not there.
    """
    return {
        Path(file).stem: _picture(_home(module, package) / folder / file, package)
        for module, package, folder, files in _HOMES
        for file in files
    }


def _home(module: str, package: str) -> Path:
    spec = find_spec(module)
    if spec is None or not spec.submodule_search_locations:
        raise PhotosError(
            f"data.photos: the sample photos are part of {package}, which is not installed "
            f"(pip install {package}, or name a folder of color photos)"
        )
    return Path(spec.submodule_search_locations[0])


def _picture(path: Path, package: str) -> Path:
    if not path.is_file():
        raise PhotosError(
            f"data.photos: the installed {package} has no sample photo '{path.name}' "
            "(install another version, or name a folder of color photos)"
        )
    return path
