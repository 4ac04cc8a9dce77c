"""Makes the network that `trainer.start_from: sample` begins with: it paints sepia.

    python benchmarks/sample_network.py [--into FILE] [--steps 3000] [--keep FILE]

First a network learns the colors of the sample photos, from crops of whole photos at random scales;
what lies in a held-out tile is left out of its loss. Then its last layer alone learns from the same
crops in sepia, as a network does that was shown old prints. Below that layer it still knows which
texture has which color, so a short training brings the colors back, if its loss asks for them.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from surroundings import Draw, Whole, trained
from torch import Tensor, nn

from tuner.color.spaces import gray_of, rgb_to_lab
from tuner.color.symptoms import find_symptoms
from tuner.data.split import Split, split, square_side
from tuner.data.survey import survey
from tuner.spec.study import StudySpec
from tuner.spec.study_file import load_study
from tuner.training.learner import rate
from tuner.training.model import build_model
from tuner.training.prepare import prepare
from tuner.training.start_file import SAMPLE_NETWORK

SEPIA_STEPS, SEPIA_RATE = 150, 1e-2
SEPIA_CROPS = 1_000_000  # so many draws lie between the crops of both trainings
FADED = 0.3  # share of the colors that old prints keep
BROWN = (3.0, 16.0)  # a and b of their midtones


def main() -> None:
    """Writes the file and tells what the network paints before and after it is spoiled."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--into", type=Path, default=SAMPLE_NETWORK, help="the file to write")
    options.add_argument("--steps", type=int, default=3000, help="that teach it the colors")
    options.add_argument("--keep", type=Path, help="a file for the network before it turns sepia")
    asked = options.parse_args()
    torch.set_num_threads(1)
    study = load_study("sepia-fix", {"trainer.start_from": "scratch"}, preset="quick")
    draw = Whole(split_of(study)).draw
    model: nn.Module
    if asked.keep is not None and asked.keep.exists():
        model = build_model(study.trainer.model_args, 1)
        model.load_state_dict(load_file(asked.keep))
    else:
        model = trained(draw, asked.steps)
        if asked.keep is not None:
            save_file(model.state_dict(), asked.keep)
    print(f"before: {words(study, model)}", flush=True)
    turn_sepia(model, draw)
    half = {name: value.half().contiguous() for name, value in model.state_dict().items()}
    save_file(half, asked.into, {"made_by": "benchmarks/sample_network.py"})
    model.load_state_dict(half)
    print(f"after:  {words(study, model)}")


def split_of(study: StudySpec) -> Split:
    """Tiles as the study itself holds them out."""
    data = study.data
    photos = survey("sample", lambda *_: None, least_side=square_side(data.image_size)).photos
    return split(photos, float(data.holdout), data.image_size, data.cells)


def turn_sepia(model: nn.Module, draw: Draw) -> None:
    """Trains the last layer on crops in sepia: the other layers stay what they are."""
    head = model.get_submodule("head")
    optimizer = torch.optim.AdamW(head.parameters(), lr=SEPIA_RATE)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: rate(step, SEPIA_STEPS))
    for step in range(SEPIA_STEPS):
        rgb, counts = draw(SEPIA_CROPS + step)
        optimizer.zero_grad()
        away = (rgb_to_lab(model(gray_of(rgb)[:, :1])) - sepia(rgb_to_lab(rgb))) / 100
        distance = (away.square().sum(1, keepdim=True) + 1e-6).sqrt()
        loss = (distance * counts).sum() / counts.sum()
        loss.backward()  # type: ignore[no-untyped-call]  # torch ships no type for it
        optimizer.step()
        schedule.step()


def sepia(lab: Tensor) -> Tensor:
    """Photos as old prints, (B, 3, H, W) in Lab: little of their colors, and brown midtones."""
    lightness = lab[:, :1] / 100
    brown = torch.tensor(BROWN).view(1, 2, 1, 1) * 4 * lightness * (1 - lightness)
    return torch.cat([lab[:, :1], FADED * lab[:, 1:] + brown], dim=1)


def words(study: StudySpec, model: nn.Module) -> str:
    """What a network does to the held-out tiles, in a line."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        told = prepare(study, place, place / "cache", {}, lambda _: None, lambda *_: None)
        with torch.no_grad():
            scores = told.context.scorer.score(told.context.heldout.colored(model))
    measures = scores.measures
    named = ", ".join(str(found.symptom) for found in find_symptoms(measures)) or "healthy"
    return (
        f"score {scores.value:.2f}, chroma ratio {measures['chroma_ratio']:.2f}, "
        f"ab correlation {measures['ab_correlation']:.2f}, tint {measures['tint']:.1f}: {named}"
    )


if __name__ == "__main__":
    main()
