"""Makes the case of a network on disk: the network colors photos, which are then compared."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors import SafetensorError
from torch import Tensor

from tuner.color.measures import Photos, Reading, joined, read_colors
from tuner.color.spaces import gray_of
from tuner.data.decoding import decode
from tuner.data.discovery import find_pictures
from tuner.data.survey import LEAST_CHROMA, mean_chroma
from tuner.diagnosis.case import Case, Picture, Views
from tuner.diagnosis.folders import (
    LEAST_SIDE,
    MEASURED,
    UnusablePicture,
    as_tensor,
    reduced,
    some_names,
)
from tuner.diagnosis.pairs import LEAST_PAIRS
from tuner.errors import PhotosError, TrainerError
from tuner.training.model import UNet, build_model
from tuner.training.whole_files import (
    MODEL_ARGS,
    DamagedFile,
    read_safetensors,
    refuse_changed,
)
from tuner.wording import shown

Arguments = Mapping[str, int | float | bool | str]

AVERAGED = "averaged.module."
"""Prefix of the names of averaged weights in a checkpoint of an unfinished training."""

WIDTH_OF = "enter.0.weight"
"""The parameter whose first axis is the built-in network's base width."""


def case_of_checkpoint(file: Path, photos: str, arguments: Arguments) -> Case:
    """Colors photos with a network, one after the other, and measures the predictions.

    Args:
        file: A safetensors state of the built-in network, or a checkpoint of its training.
        photos: A folder of color photos, or `sample`; the network gets their gray version.
        arguments: Arguments of the model; they win over those in the file.

    Raises:
        TrainerError: The file cannot be read, or is of another network.
        PhotosError: The folder cannot be used.
    """
    network = load_network(file, arguments)
    used: dict[str, Path] = {}
    readings: list[Reading] = []
    left_out: list[str] = []
    for name, path in find_pictures(photos, asked="--photos").items():
        try:
            rgb = _open(path)
        except UnusablePicture as problem:
            left_out.append(f"{name} ({problem})")
            continue
        used[name] = path
        readings.append(read_colors(Photos.of(_color(network, rgb)), Photos.of(rgb)))
    if len(used) < LEAST_PAIRS:
        reasons = f"; left out: {', '.join(left_out[:3])}" if left_out else ""
        raise PhotosError(
            f"--photos: {len(used) or 'no'} photos of '{photos}' can be used, at least "
            f"{LEAST_PAIRS} are needed{reasons}"
        )
    reading = joined(readings)
    paths = tuple(used.values())
    return Case(
        title=f"{len(used)} photos of {photos} colored by {file}",
        reading=reading,
        shown=reading,
        names=tuple(used),
        views=lambda index: _views(network, paths[index]),
        remarks=tuple(filter(None, [some_names("photo was left out", left_out)])),
    )


def load_network(file: Path, arguments: Arguments) -> UNet:
    """The built-in network with the weights of a file.

    Its width is that of the weights. Whether it adds its output to the gray photo is given by
    the file's metadata, else by `arguments`, else it does.

    Raises:
        TrainerError: The file cannot be read, or is of another network.
    """
    state, told = _read(file)
    if WIDTH_OF not in state:
        raise TrainerError(
            f"--checkpoint: '{file}' is no network of the built-in unet (it has no weight "
            f"'{WIDTH_OF}' among its {len(state)}); color photos with it and give --predictions"
        )
    network = build_model({"base_width": len(state[WIDTH_OF]), **told, **arguments}, seed=0)
    try:
        network.load_state_dict(state)
    except RuntimeError as problem:
        difference = str(problem).splitlines()[1].strip().rstrip(".")
        raise TrainerError(
            f"--checkpoint: '{file}' does not fit the built-in unet: {difference}"
        ) from problem
    return network.eval()


def parse_arguments(text: str) -> dict[str, int | float | bool | str]:
    """Arguments as they are typed: `base_width=8,gray_skip=false`.

    Raises:
        TrainerError: A part has no `=`.
    """
    parsed = {}
    for part in text.split(","):
        name, equals, value = (word.strip() for word in part.partition("="))
        if not equals:
            raise TrainerError(
                f"--model-args {part}: no '=' in it (expected such as base_width=8,gray_skip=false)"
            )
        parsed[name] = _typed(value)
    return parsed


def _typed(value: str) -> int | float | bool | str:
    try:
        read = json.loads(value.lower())
    except ValueError:
        return value
    return read if isinstance(read, int | float) else value


def _read(file: Path) -> tuple[dict[str, Tensor], Arguments]:
    """The weights, and the arguments in the metadata."""
    if not file.is_file():
        raise TrainerError(f"--checkpoint: there is no file '{file}'")
    try:
        state, metadata = read_safetensors(file)
        refuse_changed(state, metadata)
    except (SafetensorError, DamagedFile, OSError) as problem:
        raise TrainerError(
            f"--checkpoint: '{file}' cannot be read as safetensors ({problem}); give a file such "
            "as tuner-runs/STUDY/starts/seed-1.safetensors"
        ) from problem
    told = metadata.get(MODEL_ARGS, "{}")
    try:
        arguments = json.loads(told)
    except ValueError:
        arguments = None
    if not isinstance(arguments, dict):
        raise TrainerError(
            f"--checkpoint: '{file}': its metadata '{MODEL_ARGS}' are {shown(told)}, expected a "
            "JSON object"
        )
    averaged = {
        name.removeprefix(AVERAGED): value
        for name, value in state.items()
        if name.startswith(AVERAGED)
    }
    return averaged or state, arguments


def _open(path: Path) -> Tensor:
    """A photo as RGB (1, 3, H, W) in [0, 1]; its short side is at most `MEASURED` pixels."""
    try:
        photo = decode(path, short_side=2 * MEASURED)
    except Exception as problem:  # decoders of damaged files raise anything
        raise UnusablePicture(f"cannot be read: {problem}") from problem
    scale = min(1.0, MEASURED / min(photo.size))
    size = (round(photo.width * scale), round(photo.height * scale))
    if min(size) < LEAST_SIDE:
        raise UnusablePicture(
            f"{photo.width}x{photo.height}, {LEAST_SIDE} pixels a side are needed"
        )
    if mean_chroma(photo) < LEAST_CHROMA:
        raise UnusablePicture("gray")
    return as_tensor(reduced(photo, size))


@torch.no_grad()
def _color(network: UNet, rgb: Tensor) -> Tensor:
    prediction: Tensor = network(gray_of(rgb)[:, :1])
    return prediction


def _views(network: UNet, path: Path) -> Views:
    rgb = _open(path)
    return Views(*(_pixels(view) for view in (gray_of(rgb), _color(network, rgb), rgb)))


def _pixels(rgb: Tensor) -> Picture:
    square: Picture = rgb[0].permute(1, 2, 0).mul(255).round().byte().numpy()
    return square
