"""What was asked: a study as an immutable record.

The record says what a study file may contain; `study_file` reads one. Nothing here
loads torch, so a study can be checked in the blink of an eye.
"""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

Input = Literal["auto", "gray", "gray3", "frame", "frame3"]
"""How a model of the user's is shown a photo: channels, and whether there is a frame axis."""

Output = Literal["auto", "rgb", "rgb_scaled", "ab", "ab_scaled"]
"""What it returns: RGB or Lab's ab, in their own units or in [-1, 1]."""

PerceptualNet = Literal["alex", "vgg", "squeeze"]
Precision = Literal["float32", "bfloat16"]
Engine = Literal["loop", "folded", "stacked"]
Reaction = Literal["reject", "warn", "off"]
Otherwise = Literal["presets", "rlw", "uw-so"]
"""What a study may be compared with: the guide's presets, random loss weighting, and softmax
uncertainty weighting."""

Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
NotNegative = Annotated[float, Field(ge=0, allow_inf_nan=False)]


VALUES_AT_MOST = 100
"""Of one stage; a range with more of them is a slip of the pen."""


def tidy(value: float) -> float:
    """A value of a weight as people write it, six significant digits."""
    return float(f"{value:.6g}")


Weight = Annotated[NotNegative, AfterValidator(tidy)]
Word = str | int | float
"""One word of a command, or one value in a file; fields in braces are filled in."""


STARTS = ("scratch", "baseline")
WEIGHT_FILES = (".safetensors", ".pth", ".pt")


def _start(value: str) -> str:
    """Where trainings start: a word, or a file that looks like one of weights."""
    if value in STARTS or value.endswith(WEIGHT_FILES):
        return value
    near = get_close_matches(value, STARTS, n=1)
    hint = f" (did you mean '{near[0]}'?)" if near else ""
    raise ValueError(
        f"got '{value}', expected 'scratch', 'baseline' or a file of weights "
        f"({', '.join(WEIGHT_FILES)}){hint}"
    )


class Asked(BaseModel):
    """Base of all parts of a study: frozen, and closed to unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class DataSpec(Asked):
    """Which photos are trained on, and which are held out for scoring."""

    photos: str = Field("sample", description="'sample', or a folder of color photos")
    holdout: Annotated[float, Field(gt=0, lt=1)] | str = Field(
        0.2, description="share of the photos that is never trained on, or a folder of its own"
    )
    image_size: int = Field(128, ge=32, le=1024, description="side of a square crop, in pixels")


class SetSpec(Asked):
    """Values that are written into a copy of a file; its path is `{set.0}`, `{set.1}`, ..."""

    file: str = Field(description="YAML, JSON or TOML for keys, Python for constants")
    keys: Mapping[str, bool | Word] | None = Field(
        None, min_length=1, description="dotted keys, such as train.pixel_opt.loss_weight"
    )
    constants: Mapping[str, bool | Word] | None = Field(
        None, min_length=1, description="names that the module gives a value at its top level"
    )

    @model_validator(mode="after")
    def _one_kind_of_file(self) -> SetSpec:
        if (self.keys is None) == (self.constants is None):
            raise ValueError("give exactly one of 'keys' and 'constants'")
        return self


class MetricsSpec(Asked):
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


class TrainerSpec(Asked):
    """How every trial is trained; the same for all trials of a study.

    Which keys belong to which kind is in `asking.own_trainer`.
    """

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
    start_from: Annotated[str, AfterValidator(_start)] = Field(
        "scratch",
        description="baseline: from networks trained with the start weights; or a file of weights",
    )
    start_steps: int | None = Field(
        None, ge=1, description="with start_from: baseline, how long those were trained; as steps"
    )
    steps: int = Field(5000, ge=1, description="the guide: 5k to 10k")
    batch_size: int = Field(16, ge=1, le=1024, description="crops in a step")
    learning_rate: Positive = Field(1e-3, description="at its highest; decays along a cosine")
    perceptual_net: PerceptualNet = Field("alex", description="the LPIPS net inside the loss")
    perceptual_trunk: str = Field(
        "auto", description="weights of that net: 'auto', 'random', or a torchvision weight file"
    )
    device: str = Field("auto", description="'auto', 'cpu', 'cuda', 'cuda:1' or 'mps'")
    engine: Literal["auto", Engine] = Field(
        "auto",
        description="how networks learn side by side; auto: in a loop, on a GPU the fastest way",
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
        """How long the networks that trials go on from are trained first; 0 where they are not."""
        return self.start_steps or self.steps if self.start_from == "baseline" else 0

    @property
    def start_file(self) -> Path | None:
        """The weights that all trials start from; None where that is no file."""
        return None if self.start_from in STARTS else Path(self.start_from)


class StageSpec(Asked):
    """One weight, and the values it is tried at.

    Exactly one of `values`, `min/max/step` and `times` is given.
    """

    vary: str = Field(description="one of the weights")
    values: tuple[NotNegative, ...] | None = Field(
        None, min_length=1, description="what it is tried at"
    )
    min: NotNegative | None = Field(None, description="first value of a range")
    max: NotNegative | None = Field(None, description="last value of a range")
    step: Positive | None = Field(None, description="from one value of a range to the next")
    times: tuple[Positive, ...] | None = Field(
        None, min_length=1, description="factors on the best value so far"
    )
    because: str = Field("", description="the reason, as it is told with the result")
    extend: bool = Field(True, description="go on where the best value is at an edge")

    @model_validator(mode="after")
    def _one_way_to_say_it(self) -> StageSpec:
        ranged = [self.min, self.max, self.step]
        ways = [self.values is not None, any(x is not None for x in ranged), self.times is not None]
        if sum(ways) != 1:
            raise ValueError("give exactly one of 'values', 'min/max/step' and 'times'")
        if ways[1]:
            if self.min is None or self.max is None or self.step is None:
                raise ValueError("'min', 'max' and 'step' belong together")
            if self.max < self.min:
                raise ValueError(f"'max' ({self.max:g}) is below 'min' ({self.min:g})")
            if (self.max - self.min) / self.step > VALUES_AT_MOST:
                raise ValueError(f"'step' asks for more than {VALUES_AT_MOST} values")
        return self


class TermSpec(Asked):
    """How much a term of the score counts."""

    importance: NotNegative = Field(1.0, description="factor on the term; 0 leaves it out")


class LpipsSpec(TermSpec):
    """The LPIPS term of the score."""

    net: PerceptualNet = Field("squeeze", description="not the net that is trained with")
    trunk: str = Field("auto", description="'auto', 'random', or a torchvision weight file")


class ObjectiveSpec(Asked):
    """The score that every trial gets; lower is better.

    A metric that is to be maximized is a score with its sign turned.
    """

    lpips: LpipsSpec = LpipsSpec()
    colorfulness: TermSpec = TermSpec()
    cast: TermSpec = TermSpec()
    lightness: TermSpec = TermSpec(importance=0.0)
    metric: str | None = Field(
        None, min_length=1, description="a number of your own script, instead of the photos' score"
    )
    direction: Literal["minimize", "maximize"] = Field(
        "minimize", description="which way that number is better"
    )

    @model_validator(mode="after")
    def _something_counts(self) -> ObjectiveSpec:
        if self.lpips.importance + self.colorfulness.importance + self.cast.importance == 0:
            raise ValueError("at least one importance of a term of color has to be above 0")
        return self


class RepeatsSpec(Asked):
    """On how many seeds the deciding trainings are repeated."""

    baseline: int = Field(3, ge=1, le=50, description="trainings of the start weights")
    decide: int = Field(3, ge=1, le=50, description="seeds on which a stage's best is judged")
    confirm: int = Field(5, ge=1, le=50, description="fresh seeds for the final claim")


class GuardrailsSpec(Asked):
    """What happens to a trial that wins by a trick."""

    golden_rule: Literal["warn", "off"] = Field(
        "warn", description="the weighted AB loss is 2 to 4 times the perceptual one"
    )
    color_noise: Reaction = Field("reject", description="specks of color that are in no photo")
    brightness_drift: Reaction = Field("reject", description="lighter or darker than the photos")
    learned_color: float = Field(
        0.2, ge=0, le=1,
        description="slope of predicted on true ab that the start weights have to reach; 0: any",
    )  # fmt: skip


class ConfirmSpec(Asked):
    """How the final claim is trained, where not as everything else."""

    steps: int | None = Field(None, ge=1, description="longer than trainer.steps; as those")


class BudgetSpec(Asked):
    """Where a study has to stop."""

    max_trials: int = Field(50, ge=1, description="trainings, repeats and confirmation included")


class StudySpec(Asked):
    """A whole study, as asked for."""

    study: str = Field(
        pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$", description="the name, as --study takes it"
    )
    symptom: str = Field("", description="what is wrong with the colors today, in your words")
    data: DataSpec = DataSpec()
    trainer: TrainerSpec = TrainerSpec()
    weights: Mapping[str, Weight] = Field(
        min_length=1, description="what you train with today, by name, or the name of a preset"
    )
    stages: tuple[StageSpec, ...] = Field(
        min_length=1, description="in this order, one weight each"
    )
    objective: ObjectiveSpec = ObjectiveSpec()
    cycles: int = Field(1, ge=1, le=5, description="how often the stages are gone through")
    combination: int = Field(
        6, ge=0, le=100, description="trials that move several weights at once, after the stages"
    )
    prune: bool = Field(True, description="trials that are clearly behind leave before their end")
    repeats: RepeatsSpec = RepeatsSpec()
    confirm: ConfirmSpec = ConfirmSpec()
    compare: tuple[Otherwise, ...] = Field(
        (), description="what to train beside the result, on the seeds of the claim"
    )
    guardrails: GuardrailsSpec = GuardrailsSpec()
    budget: BudgetSpec = BudgetSpec()
    bounds: Mapping[str, tuple[Weight, Annotated[Positive, AfterValidator(tidy)]]] = Field(
        default_factory=dict, description="lowest and highest value of a weight, where it matters"
    )
    seed: int = Field(0, ge=0, le=2**31, description="moves all seeds of the study")
    quick: Mapping[str, str | int | float | bool] = Field(
        default_factory=dict,
        description="dotted keys that --quick changes in this study, beyond the preset",
    )
    preset: Literal["quick"] | None = Field(None, description="set by --quick")
