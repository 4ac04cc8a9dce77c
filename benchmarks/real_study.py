"""A study at the guide's own length, on real photographs, resumed as often as it takes.

    python benchmarks/real_study.py --photos DIR --home DIR [--network unet] [--study sepia-fix]
                                    [--set KEY=VALUE] [OPTION OF tuner run ...]

Held out, and never trained on, are the sample photos and every sixth photo of DIR; the sample
photos come first, so that they are what before-and-after pictures show. The study is the one
that is shipped, from the guide's own start weights, at 64 px and 5,000 steps, with the network of
`imagenet_colorizer.py` or with the built-in one. It goes on where it was interrupted: call the same
command again.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
from pathlib import Path

from tuner.data.discovery import find_pictures
from tuner.data.samples import sample_pictures

HERE = Path(__file__).parent
EVERY = 6
SETTINGS = ("trainer.steps=5000", "data.image_size=64")
NETWORKS = {
    "imagenet": (
        "trainer.model=imagenet_colorizer:Colorizer",
        "trainer.batch_size=4",
        "trainer.learning_rate=2e-3",
    ),
    "unet": ("trainer.batch_size=8", "trainer.model_args.base_width=16"),
}


def main() -> int:
    """Run the study, or go on with it; its exit code is that of `tuner run`."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--photos", type=Path, required=True)
    parser.add_argument("--home", type=Path, required=True)
    parser.add_argument("--network", choices=NETWORKS, default="imagenet")
    parser.add_argument("--study", default="sepia-fix")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE")
    given, others = parser.parse_known_args()
    held = held_out(given.photos.resolve(), given.home.resolve())
    settings = (*SETTINGS, *NETWORKS[given.network], f"data.holdout={held}", *given.set)
    command = [
        *(sys.executable, "-m", "tuner", "run", "--study", given.study),
        *("--photos", str(given.photos.resolve())),
        *(word for setting in settings for word in ("--set", setting)),
        *others,
    ]
    path = os.pathsep.join(filter(None, (str(HERE), os.environ.get("PYTHONPATH"))))
    environment = {**os.environ, "PYTHONPATH": path}  # where the network's module is found
    return subprocess.run(command, cwd=given.home, env=environment, check=False).returncode


def held_out(photos: Path, home: Path) -> Path:
    """The folder of held-out photos: `0-NAME` for the samples, then every sixth of the others."""
    folder = home / "held-out"
    if folder.is_dir():
        return folder
    drafts = home / "held-out.draft"
    shutil.rmtree(drafts, ignore_errors=True)
    drafts.mkdir(parents=True)
    for name, picture in sample_pictures().items():
        shutil.copy(picture, drafts / f"0-{name}{picture.suffix}")
    for picture in list(find_pictures(str(photos), asked="--photos").values())[::EVERY]:
        shutil.copy(picture, drafts / picture.name)
    return drafts.rename(folder)


if __name__ == "__main__":
    raise SystemExit(main())
