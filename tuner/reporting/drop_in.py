"""A weighting that the study compared with, as a file of Python to put beside a training script.

The file is the very module that the study was trained with, and an example that runs.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping, Sequence
from importlib.resources import files
from pprint import pformat
from string import Template
from typing import Any

from tuner.errors import TunerError
from tuner.guide.weightings import UNSEARCHED
from tuner.journal.history import StudyHistory
from tuner.reporting.story import describe_gain, describe_rival
from tuner.results import RivalResult
from tuner.wording import listed

MODULES: Mapping[str, str] = {
    "rlw": "random_weighting",
    "uw-so": "uncertainty_weighting",
    "balancer": "balancer",
    "aligned-hpo": "aligned",
}
"""The module of each weighting, in `tuner.color.weightings`."""

_MAKE: Mapping[str, str] = {
    "balancer": """\
    # The start weights of the study, as shares of the gradient.
    balancer = LossBalancer($shares)
""",
    "aligned-hpo": """\
    from tuner.color.perceptual import PerceptualDistance
    from tuner.color.score import Scorer
    from tuner.color.smooth_score import SmoothScore
    from tuner.spec.objective import GuardrailsSpec, ObjectiveSpec

    aligned = AlignedWeights()
    # The study's score; its unit is photos like yours without color.
    objective = ObjectiveSpec.model_validate(
        $objective
    )
    lpips = PerceptualDistance(objective.lpips.net, objective.lpips.trunk)
    score = SmoothScore(Scorer(torch.rand(8, 3, 64, 64), objective, GuardrailsSpec(), lpips))
""",
}

_TOTAL: Mapping[str, str] = {
    "rlw": "random_weighting(components, step)",
    "uw-so": "uncertainty_weighting(components)",
    "balancer": "balancer(components, output)",
    "aligned-hpo": "aligned(components, output, objective=score(output, photos))",
}

_EXAMPLE = Template("""

if __name__ == "__main__":  # an example: put your network, photos and optimizer in place of these
    from tuner import ColorizationLossEnhanced

    torch.manual_seed(0)
    network = torch.nn.Conv2d(1, 3, kernel_size=3, padding=1)
    optimizer = torch.optim.AdamW(network.parameters(), lr=1e-3)
    loss = ColorizationLossEnhanced($arguments)
${make}    for step in range(3):
        photos = torch.rand(2, 3, 64, 64)
        output = network(photos.mean(dim=1, keepdim=True)).sigmoid()
        components = loss(output, photos)
        del components["total"]
        total = $total
        optimizer.zero_grad()
        total.backward()
        optimizer.step()
        print(f"step {step}: total {total.item():.4f}")
""")


def drop_in(history: StudyHistory, name: str) -> str:
    """The code of a weighting, with its result in this study at the top.

    Raises:
        TunerError: The study has not compared it.
    """
    rival = _result_of(history, name)
    source = files("tuner.color.weightings").joinpath(f"{MODULES[name]}.py").read_text("utf-8")
    head = f"# {history.study}: {describe_rival(rival, history.unit)}.\n"
    return head + source.rstrip("\n") + "\n" + _example(history, name)


def winners(history: StudyHistory, study: str, found_by: Sequence[str] = ()) -> Iterator[str]:
    """A sentence on each rival that is better than the exported weights, with what takes it home.

    Args:
        study: The study as it was named in the command.
        found_by: Options that find its folder.
    """
    for rival in history.finished.rivals if history.finished else ():
        against = rival.against_best
        if against is None or against.verdict != "better":
            continue
        gain = describe_gain(against, history.unit)
        if rival.name not in MODULES:
            yield f"preset {rival.name} is better than these weights, {gain}"
            continue
        words = ["tuner", "export", "--study", study, *found_by, "--weighting", rival.name]
        command = shlex.join(words)
        yield f"{rival.name} is better than these weights, {gain}; its code: {command}"


def _result_of(history: StudyHistory, name: str) -> RivalResult:
    if history.finished is None:
        raise TunerError(f"study '{history.study}' has no result yet, so '{name}' has none either")
    compared = {one.name: one for one in history.finished.rivals if one.name in UNSEARCHED}
    if name not in compared:
        found = f"it was compared with {listed(compared)}" if compared else "it has none"
        raise TunerError(
            f"export: study '{history.study}' has no result of '{name}' ({found}; a study with "
            f"'compare: [{name}]' has)"
        )
    return compared[name]


def _example(history: StudyHistory, name: str) -> str:
    weights = history.start_weights
    trainer: Mapping[str, Any] = history.spec.get("trainer", {})
    # A component of weight 0 has no gradient; all but the balancer need those of the guide.
    kept = weights if name == "balancer" else {
        key: value for key, value in weights.items() if key in {"a_weight", "b_weight"}
    }  # fmt: skip
    arguments = [f"{key}={value!r}" for key, value in kept.items()]
    arguments += [f"perceptual_net={trainer.get('perceptual_net', 'alex')!r}", 'device="cpu"']
    fields = {
        "shares": pformat(_shares(weights), indent=8, sort_dicts=False),
        "objective": pformat(history.spec.get("objective", {}), indent=8, sort_dicts=False),
    }
    make = Template(_MAKE.get(name, "")).substitute(fields)
    return _EXAMPLE.substitute(arguments=", ".join(arguments), make=make, total=_TOTAL[name])


def _shares(weights: Mapping[str, float]) -> dict[str, float]:
    from tuner.color.loss_weights import components_of

    return {name: weights.get(weight, 0.0) for name, weight in components_of(weights).items()}
