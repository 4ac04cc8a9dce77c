"""What it costs to find, judge, split and cut many photos, each step in seconds of computing.

    python benchmarks/many_photos.py 10000

Photos are of 44 pixels, all different. It is run by `benchmarks/growth.py`, one process for
each number of photos.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import ParamSpec, TypeVar

import numpy as np
from PIL import Image

from tuner.data import photo_cache
from tuner.data.discovery import find_pictures
from tuner.data.photo_cache import prepare_patches
from tuner.spec.study import DataSpec

SIDE = 44

P = ParamSpec("P")
T = TypeVar("T")


def steps_of(photos: int) -> dict[str, float]:
    """Seconds of each step, and MB, of a process of its own."""
    command = [sys.executable, __file__, str(photos)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return {step: float(value) for step, value in json.loads(done.stdout).items()}


def main() -> None:
    """Prints the figures of one number of photos as JSON."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "photos"
        draw(folder, int(sys.argv[1]))
        data = DataSpec(photos=str(folder), image_size=32, vault=0.1)
        seconds: dict[str, float] = {}
        timed("discovery", find_pictures, seconds)(str(folder))
        for step in ("survey", "set_aside", "split", "cut"):
            name = "vault" if step == "set_aside" else step
            setattr(photo_cache, step, timed(name, getattr(photo_cache, step), seconds))
        timed("all of it", prepare_patches, seconds)(data, Path(place) / "cache")
        timed("from the cache", prepare_patches, seconds)(data, Path(place) / "cache")
    megabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000
    print(json.dumps({**seconds, "MB": round(megabytes)}))


def timed(name: str, step: Callable[P, T], seconds: dict[str, float]) -> Callable[P, T]:
    """The same function, which adds its seconds of computing to a table."""

    def measured(*args: P.args, **named: P.kwargs) -> T:
        began = time.process_time()
        result = step(*args, **named)
        seconds[name] = round(seconds.get(name, 0.0) + time.process_time() - began, 4)
        return result

    return measured


def draw(folder: Path, photos: int) -> None:
    """Colorful photos, a thousand in a folder."""
    random = np.random.default_rng(0)
    for number in range(photos):
        place = folder / f"{number // 1000:03d}"
        place.mkdir(parents=True, exist_ok=True)
        rough = Image.fromarray(random.integers(0, 256, (4, 4, 3), np.uint8))
        rough.resize((SIDE, SIDE)).save(place / f"{number:06d}.jpg")


if __name__ == "__main__":
    main()
