"""Colors the photos of a folder with the latest checkpoint of an experiment."""

import argparse
from pathlib import Path

import numpy as np
from model import features, read
from PIL import Image

parser = argparse.ArgumentParser()
parser.add_argument("--dataroot", required=True)
parser.add_argument("--name", default="experiment")
parser.add_argument("--checkpoints_dir", default="checkpoints")
parser.add_argument("--results_dir", default="results")
options = parser.parse_args()

formula = np.load(Path(options.checkpoints_dir) / options.name / "latest_net_G.npy")
folder = Path(options.results_dir) / options.name / "images"
folder.mkdir(parents=True, exist_ok=True)
for name, gray in read(options.dataroot).items():
    colored = gray[..., None] + features(gray) @ formula
    Image.fromarray((colored.clip(0, 1) * 255).astype(np.uint8)).save(folder / f"{name}_fake_B.png")
