"""How every trial is trained: by the built-in trainer, or by the user's script or function."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from tuner.spec.base import PerceptualNet, Positive, SpecPart, Word
from tuner.wording import nearest

Input = Literal["auto", "gray", "gray3", "frame", "frame3"]
"""The input of a model of the user's: number of channels, and whether it has a frame axis."""

Output = Literal["auto", "rgb", "rgb_scaled", "ab", "ab_scaled"]
"""The output of such a model: RGB or ab of Lab, in their own units or in [-1, 1]."""

Precision = Literal["float32", "bfloat16"]

Engine = Literal["loop", "graphed", "folded", "stacked"]
"""How several networks learn: one by one; by a CUDA graph; with one batched loss; as one network
(`vmap`)."""

STARTS = ("scratch", "baseline", "sample")
WEIGHT_FILES = (".safetensors", ".pth", ".pt")


def _start(value: str) -> str:
    """Checks where trainings start: a word, or the path of a file with weights."""
    if value in STARTS or value.endswith(WEIGHT_FILES):
        return value
    near = nearest(value, STARTS)
    hint = f" (did you mean '{near}'?)" if near else ""
    raise ValueError(
        f"got '{value}', expected 'scratch', 'baseline', 'sample' or a file of weights "
        f"({', '.join(WEIGHT_FILES)}){hint}"
    )


SetValue = bool | Word | None | tuple[bool | Word | None, ...]
"""What is written into a file: a value, null, or a list of values."""


class SetSpec(SpecPart):
    """Values that are written into a copy of a file; its path is `{set.0}`, `{set.1}`, ..."""

    file: str = Field(description="YAML, JSON or TOML for keys, Python for constants")
    keys: Mapping[str, SetValue] | None = Field(
        None, min_length=1, description="dotted keys, such as train.pixel_opt.loss_weight"
    )
    constants: Mapping[str, SetValue] | None = Field(
        None, min_length=1,
        description="names at the top level, NAME.key of a dict, Call.keyword, --option",
    )  # fmt: skip

    @model_validator(mode="after")
    def _one_kind_of_file(self) -> SetSpec:
        if (self.keys is None) == (self.constants is None):
            raise ValueError("give exactly one of 'keys' and 'constants'")
        return self


class MetricsSpec(SpecPart):
    """Where numbers stand that a script writes while it trains."""

    jsonl: str | None = Field(None, description="a file with one JSON object a line")
    csv: str | None = Field(None, description="a file whose first line names the columns")
    stdout: str | None = Field(
        None, description="what to look for in the output: (?P<step>...) and a group per metric"
    )
    tensorboard: str | None = Field(
        None, description="a folder with event files, also in subfolders; or a pattern of some"
    )
    counts: Literal["steps", "epochs"] = Field(
        "steps", description="what the steps of event files are; other places say so themselves"
    )

    @model_validator(mode="after")
    def _one_place(self) -> MetricsSpec:
        places = (self.jsonl, self.csv, self.stdout, self.tensorboard)
        if sum(place is not None for place in places) != 1:
            raise ValueError("give exactly one of 'jsonl', 'csv', 'stdout' and 'tensorboard'")
        return self


class TrainerSpec(SpecPart):
    """How every trial is trained; the same for all trials of a study."""

    # `parsing.external_rules` has the rules which keys belong to which kind.

    kind: Literal["builtin", "command", "function"] = Field("builtin", description="who trains")
    model: str = Field(
        "unet", pattern=r"^(?:unet|[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*:[A-Za-z_]\w*)$",
        description="what learns to color: unet, or an nn.Module of yours as package.module:Class",
    )  # fmt: skip
    model_args: Mapping[str, int | float | bool | str] = Field(
        default_factory=dict,
        description="what its constructor gets; for unet: base_width (32), gray_skip (true)",
    )
    input: Input = Field(
        "auto", description="how your model is shown a photo: 1 or 3 equal channels, with a frame"
    )
    output: Output = Field(
        "auto", description="what your model returns; scaled: in [-1, 1], for ab times 110"
    )
    loss: str | None = Field(
        None, pattern=r"^(?:[A-Za-z_]\w*)(?:\.[A-Za-z_]\w*)*:[A-Za-z_]\w*$",
        description="a loss of yours as package.module:Class, built with the weights by name",
    )  # fmt: skip
    loss_args: Mapping[str, int | float | bool | str] = Field(
        default_factory=dict,
        description="what the constructor of that loss gets besides the weights, such as device",
    )
    start_from: Annotated[str, AfterValidator(_start)] = Field(
        "scratch",
        description="baseline: from networks trained with the start weights; sample: from the one "
        "that comes with the package and paints sepia; or a file of weights",
    )
    start_steps: int | None = Field(
        None, ge=1, description="with start_from: baseline, how long those were trained; as steps"
    )
    train_only: tuple[str, ...] = Field(
        (),
        description="with start_from, the modules of the network that learn, such as [head]; the "
        "others are frozen; all learn where it is empty",
    )
    steps: int = Field(5000, ge=1, description="the guide: 5k to 10k")
    batch_size: int = Field(16, ge=1, le=1024, description="crops in a step")
    learning_rate: Positive = Field(1e-3, description="at its highest; decays along a cosine")
    perceptual_net: PerceptualNet = Field("alex", description="the LPIPS net inside the loss")
    perceptual_trunk: str = Field(
        "auto",
        description="weights of that net: 'auto', 'packaged', 'random', or a torchvision file",
    )
    device: str = Field("auto", description="'auto', 'cpu', 'cuda', 'cuda:1' or 'mps'")
    engine: Literal["auto", Engine] = Field(
        "auto",
        description="loop: networks learn one by one; graphed: by a CUDA graph of their steps; "
        "folded: with one loss for all; stacked: as one network; auto: loop, on a GPU whichever is "
        "fastest",
    )
    precision: Precision = Field(
        "float32", description="of the network while it learns; loss and score are always float32"
    )
    run: tuple[Word, ...] | None = Field(
        None, min_length=1, description="the command that trains, word by word; never a shell"
    )
    predict: tuple[Word, ...] | None = Field(
        None, min_length=1, description="a second command, run when the first has ended"
    )
    python: str | None = Field(
        None, min_length=1, description="what 'python' in run and predict stands for, such as "
        ".venv/bin/python",
    )  # fmt: skip
    entry: str | None = Field(
        None, pattern=r"^[A-Za-z_]\w*(\.[A-Za-z_]\w*)*:[A-Za-z_]\w*$",
        description="package.module:train, called with (weights, steps, seed, out_dir)",
    )  # fmt: skip
    set: tuple[SetSpec, ...] = Field((), description="values written into copies of files")
    predictions: str | None = Field(
        None, description="pattern of the predicted pictures, named after the held-out photos"
    )
    metrics: MetricsSpec | None = Field(None, description="where a script writes its numbers")
    steps_per_epoch: int | None = Field(
        None, ge=1, description="for {epochs}, where a script counts those instead of steps"
    )
    time_limit: str | None = Field(
        None, pattern=r"^[0-9]+(\.[0-9]+)?[smhd]$", description="of one trial, such as 90s or 2h"
    )
    parallel: int = Field(1, ge=1, le=64, description="trials side by side, on a GPU each")
    check_steps: int | None = Field(
        None, ge=1, description="of each of the short trainings of tuner check --run; 20"
    )
    env: Mapping[str, Word] = Field(
        default_factory=dict, description="variables of the command's environment"
    )
    cwd: str = Field(".", description="where the command runs")

    @property
    def steps_before(self) -> int:
        """Steps that the networks are trained before the trials start from them; 0 without any."""
        return self.start_steps or self.steps if self.start_from == "baseline" else 0

    @property
    def start_file(self) -> Path | None:
        """The file with the weights that all trials start from; None where there is none."""
        return None if self.start_from in STARTS else Path(self.start_from)
