"""A LightningModule whose weights of the loss are hyperparameters, with TensorBoard's curves."""

import argparse
from pathlib import Path

import lightning
import numpy as np
import torch
from lightning.pytorch.loggers import TensorBoardLogger
from PIL import Image
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


class Colorizer(lightning.LightningModule):
    """Adds color to gray; `pixel` and `restraint` weigh its loss."""

    def __init__(self, pixel, restraint, learning_rate=0.01):
        super().__init__()
        self.save_hyperparameters()
        self.layers = nn.Sequential(
            nn.Conv2d(1, 8, 5, padding=2), nn.ReLU(), nn.Conv2d(8, 3, 5, padding=2)
        )

    def forward(self, gray):
        return gray + self.layers(gray)

    def training_step(self, batch):
        (photo,) = batch
        colored = self(photo.mean(1, keepdim=True))
        color = colored - colored.mean(1, keepdim=True)
        pixel, restraint = (colored - photo).square().mean(), color.square().mean()
        self.log_dict({"train/pixel": pixel, "train/restraint": restraint})
        return self.hparams.pixel * pixel + self.hparams.restraint * restraint

    def predict_step(self, batch):
        return self(batch[0])

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), self.hparams.learning_rate)


def read(folder, mode):
    """Photos of a folder as a dataset of (C, H, W) in 0..1, and their names."""
    paths = sorted(Path(folder).iterdir())
    pixels = np.stack([np.atleast_3d(np.asarray(Image.open(path).convert(mode))) for path in paths])
    photos = torch.from_numpy(pixels).permute(0, 3, 1, 2).float() / 255
    return TensorDataset(photos), [path.stem for path in paths]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--train", default="data/train")
    parser.add_argument("--gray", default="data/gray")
    parser.add_argument("--out", default="results")
    parser.add_argument("--max_steps", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--pixel", type=float, default=1.0)
    parser.add_argument("--restraint", type=float, default=1.0)
    options = parser.parse_args()

    lightning.seed_everything(options.seed)
    torch.set_num_threads(1)
    trainer = lightning.Trainer(
        max_steps=options.max_steps,
        logger=TensorBoardLogger(options.out, name="logs", default_hp_metric=False),
        log_every_n_steps=10,
        accelerator="cpu",
        enable_checkpointing=False,
        enable_progress_bar=False,
    )
    model = Colorizer(options.pixel, options.restraint)
    photos, _ = read(options.train, "RGB")
    trainer.fit(model, DataLoader(photos, batch_size=8, shuffle=True))

    grays, names = read(options.gray, "L")
    colored = torch.cat(trainer.predict(model, DataLoader(grays, batch_size=8)))
    pictures = (colored.clamp(0, 1) * 255).byte().permute(0, 2, 3, 1).numpy()
    folder = Path(options.out) / "predictions"
    folder.mkdir(parents=True, exist_ok=True)
    for name, picture in zip(names, pictures, strict=True):
        Image.fromarray(picture).save(folder / f"{name}.png")


if __name__ == "__main__":
    main()
